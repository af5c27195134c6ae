"""The signals of a crawl, sent only where somebody listens: of each page Scrapy tells six times, mostly nobody."""

from __future__ import annotations

from typing import Any

from scrapy.signalmanager import SignalManager


class HeardSignals(SignalManager):
    """Takes the place of a crawler's signals before anybody has connected to them.

    Whether a receiver is there is otherwise looked for at every signal, in four places: a twentieth of what a page
    costs. What is connected past the crawler's signals, with pydispatch itself, is not heard.
    """

    def __init__(self, sender: Any) -> None:  # noqa: ANN401 - Scrapy's own signature
        super().__init__(sender)
        self._heard: set[Any] = set()

    def connect(self, receiver: Any, signal: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Scrapy's own signature
        """Have a receiver hear a signal."""
        self._heard.add(signal)
        super().connect(receiver, signal, **kwargs)

    def send_catch_log(self, signal: Any, **kwargs: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - as above
        """Send a signal to those who hear it; return what each has answered."""
        return super().send_catch_log(signal, **kwargs) if signal in self._heard else []
