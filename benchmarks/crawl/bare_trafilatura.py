"""Reference B: trafilatura over the same pages, one after the other in one process, from local files."""

import sys
from pathlib import Path

from benchmarks.crawl.web import read_page_list
from trafilatura import bare_extraction


def main() -> None:
    """Extracts the first N pages: `bare_trafilatura.py DIRECTORY N`. Prints how many it went through."""
    directory, count = Path(sys.argv[1]), int(sys.argv[2])
    pages = list(read_page_list(directory))[:count]
    extracted = (
        bare_extraction(page.file.read_bytes(), url=page.url, with_metadata=True, include_comments=False)
        for page in pages
    )
    print(sum(1 for _ in extracted))


if __name__ == "__main__":
    main()
