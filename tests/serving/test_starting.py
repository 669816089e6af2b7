"""A signal that comes while the service is starting is never lost."""

import os
import signal
from contextlib import suppress

import pytest

from ecosystem.cli.stopping import stopped_by_signals


class _Dying:
    """Something whose destructor is running when the signal comes."""

    def __init__(self, number: signal.Signals) -> None:
        self._number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self._number)


@pytest.mark.parametrize(
    ("number", "ends"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_within_a_destructor_still_ends_the_start(
    number: signal.Signals, ends: type[BaseException]
) -> None:
    with stopped_by_signals() as starting:
        with suppress(ends):
            _Dying(number)

        with pytest.raises(ends):
            starting.hand_over(lambda *_: None)


def test_after_the_start_the_web_server_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    told: list[int] = []
    before = signal.getsignal(signal.SIGTERM)

    with stopped_by_signals() as starting:
        starting.hand_over(lambda number, _: told.append(number))
        os.kill(os.getpid(), signal.SIGTERM)

    assert told == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before
    assert capfd.readouterr().err == ""
