"""Notification: tells people of alerts that are open and that nobody was told of yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from millwright.errors import ExitCode, MillwrightError
from millwright.warehouse import Target, Warehouse, open_warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


class Severity(StrEnum):
    """How bad an alert is, the least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def notify(target: Target, manifest: Manifest, urls: Sequence[str], least: Severity) -> list[dict[str, Any]]:
    """Sends one message with every alert from a severity on that is neither resolved nor sent, and logs each as sent.

    Returns those alerts, the worst first. It reads `ops.alert_events` itself: after a failed run marts may be missing.
    Should the log fail after the message went out, the next call sends the same again. Raises MillwrightError: USAGE
    for an address that cannot be read, UNAVAILABLE when one of them does not take the message; nothing is logged then.
    """
    send = _sender(urls)
    events = manifest.sources["source.millwright.ops.alert_events"]
    with open_warehouse(target) as warehouse:
        if (events.schema, events.identifier) not in warehouse.relations():
            return []
        alerts = _unsent(warehouse, events.relation_name, least)
        if alerts:
            lines = [f"{alert['severity']}: {alert['subject']}: {alert['message']}" for alert in alerts]
            send(f"Millwright: {len(alerts)} new alert{'s' if len(alerts) > 1 else ''}", "\n".join(lines))
            _log(warehouse, events.relation_name, [alert["alert_id"] for alert in alerts])
    return alerts


def _sender(urls: Sequence[str]) -> Callable[[str, str], None]:
    """A function that sends a title and a body to all addresses. What they are stays unsaid: they hold passwords."""
    try:
        from apprise import Apprise
    except ModuleNotFoundError as error:
        raise MillwrightError("notification needs the extra `notify`: pip install 'millwright[notify]'") from error
    services = Apprise()
    for position, url in enumerate(urls, 1):
        if not services.add(url):
            raise MillwrightError(
                f"address {position} of {len(urls)} is none that Apprise knows; see https://github.com/caronc/apprise/wiki"
            )

    def send(title: str, body: str) -> None:
        if not services.notify(title=title, body=body):
            raise MillwrightError("not every address took the message; nothing is logged as sent", ExitCode.UNAVAILABLE)

    return send


def _unsent(warehouse: Warehouse, events: str, least: Severity) -> list[dict[str, Any]]:
    order = list(Severity)
    severities = ", ".join(f"'{severity}'" for severity in order[order.index(least) :])
    alerts = warehouse.query(f"""
        select
            alert_id,
            max(severity) as severity,
            max(subject) as subject,
            max(case when event in ('opened', 'reopened') then message end) as message,
            min(event_at) as opened_at
        from {events}
        group by alert_id
        having
            max(severity) in ({severities})
            and count(case when event in ('resolved', 'notified') then 1 end) = 0
        order by opened_at, alert_id
    """)
    return sorted(alerts, key=lambda alert: order.index(Severity(alert["severity"])), reverse=True)


def _log(warehouse: Warehouse, events: str, alert_ids: Sequence[str]) -> None:
    ids = ", ".join("'" + alert_id.replace("'", "''") + "'" for alert_id in alert_ids)
    moment = f"cast('{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}' as timestamp)"
    warehouse.execute(f"""
        insert into {events} (alert_id, alert_key, event, severity, alert_type, subject, actor, event_at, known_at)
        select
            alert_id, max(alert_key), 'notified', max(severity), max(alert_type), max(subject), 'notify',
            {moment}, {moment}
        from {events}
        where alert_id in ({ids})
        group by alert_id
    """)
