"""Scrapy's settings, with everything off that an archive crawler does not want.

Bare Scrapy 2.19 opens a remote control and a telnet console, accepts any certificate, decodes bodies before anyone
sees them, follows ``file://`` and asks for zstd, which no replay engine reads. Each line below that closes such a
door says which.
"""

from __future__ import annotations

BOT_NAME = "broadsheet"
SPIDER_MODULES = ["broadsheet.crawler.spiders"]
NEWSPIDER_MODULE = "broadsheet.crawler.spiders"
ADDONS: dict[str, int] = {}

# What goes over the wire.
USER_AGENT = "Broadsheet"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    # Neither pywb nor ReplayWeb.page decodes zstd.
    "Accept-Encoding": "gzip, deflate, br",
}
COOKIES_ENABLED = False
REFERER_ENABLED = False

# What comes back is kept as it came; the spider sees every answer and decides itself.
DOWNLOAD_HANDLERS = {
    "http": "broadsheet.crawler.wire.handler.WireDownloadHandler",
    "https": "broadsheet.crawler.wire.handler.WireDownloadHandler",
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
}
COMPRESSION_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
HTTPERROR_ALLOW_ALL = True
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 55
DOWNLOAD_VERIFY_CERTIFICATES = True
ALLOW_PRIVATE_ADDRESSES = False
PROXY = None
# A minute, less what it takes to write down what had come of the large ones that run into it together.
FETCH_DEADLINE = 55

# Courtesy: our own instead of Scrapy's, which fetches on where robots.txt is unreachable.
ROBOTSTXT_OBEY = False
ROBOTSTXT_USER_AGENT = "Broadsheet"
TDM_DIRECTORY = None
TDM_OF_REQUISITES = False
# All there are: what Scrapy has by default and what is only disabled is imported all the same, with remote control,
# HTTP clients and a list of domain suffixes. HttpProxyMiddleware would have proxies resolve names, past the guard.
DOWNLOADER_MIDDLEWARES_BASE = {
    "broadsheet.crawler.courtesy.robots.RobotsMiddleware": 100,
    # Behind robots.txt, which may disallow the file that it asks for.
    "broadsheet.crawler.courtesy.tdm.TdmMiddleware": 110,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    # Nearest to the wire: they see every retry.
    "broadsheet.crawler.courtesy.breaker.BreakerMiddleware": 900,
    "broadsheet.crawler.courtesy.delays.Courtesy": 950,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0
# A host at a private address is the operator's own: it sets the pace itself, unless its robots.txt does.
PRIVATE_HOST_DELAY = 0.0
CRAWL_DELAY_CAP = 120
RETRY_AFTER_CAP = 300
BREAKER_PAUSE = 30
CONCURRENT_REQUESTS = 32
CONCURRENT_REQUESTS_PER_DOMAIN = 8
RETRY_TIMES = 2

# Doors that stay shut.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
AUTOTHROTTLE_ENABLED = False

# The ledger knows what was seen; Scrapy's own bookkeeping would do it again, slower.
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# Scrapy starts this many tasks for the output of every callback; ours yields requests only.
CONCURRENT_ITEMS = 1
# Pages on their way to a reader, in bytes: beyond this, fetching waits.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2 * 1024 * 1024
LOG_ENABLED = False
LOG_LEVEL = "WARNING"
LOG_INSTALL_ROOT_HANDLER = False
