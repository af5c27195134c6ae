"""Scrapy's settings for one job."""

from __future__ import annotations

from pathlib import Path

from scrapy.settings import Settings

from broadsheet.crawler import settings as defaults
from broadsheet.crawler.frontier.scheduler import FrontierScheduler
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.rendering.browser import add_browser
from broadsheet.storage.workspace import Workspace


def tdm_directory(workspace: Workspace) -> Path:
    """Return where the machine keeps what `tdmrep.json` of hosts said."""
    return workspace.directory / "tdmrep"


def settings_of(job: CrawlJob, workspace: Workspace) -> Settings:
    """Return what every crawl has, with what this job asks for.

    Args:
        job: What to crawl.
        workspace: Where the machine keeps what hosts said and when they were asked.
    """
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    asked_for = {
        "PACE_DIRECTORY": str(workspace.directory / "hosts"),
        "TDM_DIRECTORY": str(tdm_directory(workspace)),
        "TDM_OF_REQUISITES": "tdm" in job.obey,
        "SCHEDULER": FrontierScheduler,
        "PROXY": job.proxy,
        "USER_AGENT": job.user_agent,
        "ALLOW_PRIVATE_ADDRESSES": job.allow_private,
        "ALLOW_PUBLIC_ADDRESSES": job.allow_public,
    }
    settings.setdict(asked_for, priority="cmdline")
    if job.render:
        add_browser(settings)
    if job.delay is not None:
        settings.setdict({"DOWNLOAD_DELAY": job.delay, "PRIVATE_HOST_DELAY": job.delay}, priority="cmdline")
    return settings
