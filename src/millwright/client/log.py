"""The log of predictions, as applications use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from millwright.client.delivery import Delivery
from millwright.client.frames import Frame, Unreadable, columns_of
from millwright.client.ids import new_id
from millwright.client.spool import Spool
from millwright.client.tables import ERRORS, OUTCOMES, PREDICTIONS, LandingTable, Row, error_row, now_text
from millwright.client.validation import as_json, error_problems, outcome_problems, prediction_problems
from millwright.client.values import (
    check_names,
    may_be_unwritable,
    number_of,
    predictions_of,
    texts_together,
    time_of,
    unwritable_texts,
)
from millwright.client.writers import DuckDBWriter, PostgresWriter, Writer

# How many rows of a call with many are brought into form, and given to the delivery, together.
SLICE_ROWS = 1000

Json = dict[str, Any] | list[Any] | str


class InvalidRow(ValueError):
    """A row that would not count: `reasons` are those that staging would give, all of them."""

    def __init__(self, table: str, reasons: Sequence[str]):
        self.table = table
        self.reasons = tuple(reasons)
        hint = ""
        if "event_at is after known_at" in reasons:
            hint = " (known_at is this machine's clock where it is not given; times without a zone are UTC)"
        super().__init__(f"{table}: {'; '.join(reasons)}{hint}")


class InvalidPrediction(InvalidRow):
    """A prediction that would not count."""


class InvalidOutcome(InvalidRow):
    """An outcome that would not count."""


class InvalidError(InvalidRow):
    """An error of a prediction that would not count."""


class PredictionLog:
    """Appends predictions, outcomes and errors to the landing tables of a warehouse, in batches.

    warehouse: the address of a PostgreSQL database, as libpq takes it (`postgresql://…`, `host=… dbname=…`), or the
        path of a DuckDB file. Its user needs to select from and insert into the three tables, and to select from
        `model_versions`, `model_version_revisions`, `model_features` and the seed `model_tasks`.
    spool: a directory of this machine, of this warehouse alone, made where it is missing. Rows wait there while the
        database is away; a client that starts takes up what another has left there. One directory may serve any
        number of processes. `rejected.jsonl` in it has the rows that the database refused, with the reasons.
    schema: schema of the landing tables; in a development schema it is `<schema>_ops`.
    durable: a row is on its way to the disk before the call returns, so that it survives the end of the process by
        whatever cause. Otherwise rows wait in memory, `max_age` seconds at most, and end with a process that is killed.
    on_invalid: `raise` InvalidPrediction or InvalidOutcome to the caller, or `log` it as an error of the type
        `validation_error` in `prediction_errors`.
    batch_rows, max_age: a batch is written when it has so many rows, or its oldest is so many seconds old.
    max_rows, max_bytes: what waits in memory at most, rows and characters; as much again may be under way. When it is
        full, a call waits for the database, or writes to the spool if that is away.
    registry_seconds: for how long what is registered about model versions is remembered. A version that is not known is
        looked for again before it is refused; while the database is away all are accepted, and staging decides.

    Methods may be called from any thread, and in the children of a fork. They return at once and raise TypeError for a
    value of another type, InvalidRow, SpoolError when a row can be kept nowhere, ValueError when the log is closed.

    A row is written once however often it is sent: a prediction is known again by its prediction_id, model_name,
    model_version and event_at, as evaluation knows it; an outcome by outcome_id, model_name and event_at, an error by
    error_id and event_at. An id that is not given is made at the call and kept through all retries. Whoever may call
    again for the same prediction gives prediction_id and event_at.

    Of DuckDB one process at a time may write. The file is open while a batch is written and no longer, about as often
    as `max_age` says; while a night of the project works on it, or another program has it open, rows wait in the spool.
    """

    def __init__(
        self,
        warehouse: str | Path,
        *,
        spool: str | Path,
        schema: str = "ops",
        durable: bool = False,
        on_invalid: Literal["raise", "log"] = "raise",
        batch_rows: int = 10_000,
        max_age: float = 1.0,
        max_rows: int = 50_000,
        max_bytes: int = 1 << 26,
        registry_seconds: float = 60.0,
    ):
        if on_invalid not in ("raise", "log"):
            raise ValueError(f"on_invalid is {on_invalid!r}, neither 'raise' nor 'log'")
        if not schema.isidentifier():
            raise ValueError(f"{schema!r} is no name of a schema")
        writer = _writer(warehouse, schema)
        self._refuses_nul = writer.refuses_nul
        self._raises = on_invalid == "raise"
        self._slice_rows = min(SLICE_ROWS, max_rows)
        self._delivery = Delivery(
            writer,
            Spool(Path(spool), writer.address, batch_rows),
            durable=durable,
            batch_rows=batch_rows,
            max_age=max_age,
            max_rows=max_rows,
            max_bytes=max_bytes,
            registry_seconds=registry_seconds,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def problem(self) -> str | None:
        """Why the database does not take rows now, None if it does."""
        return self._delivery.problem

    def log_prediction(
        self,
        *,
        model_name: str,
        model_version: str,
        entity_id: str,
        prediction_id: str | None = None,
        event_at: datetime | None = None,
        known_at: datetime | None = None,
        score: float | None = None,
        predicted_class: str | None = None,
        predicted_labels: Json | None = None,
        predicted_value: float | None = None,
        class_scores: Json | None = None,
        data_split: str | None = None,
        segments: Json | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        request_id: str | None = None,
        environment: str | None = None,
        latency_ms: float | None = None,
        input_features: Json | None = None,
        application_id: str | None = None,
        memory_mb: float | None = None,
        cpu_rate: float | None = None,
        business_context: Json | None = None,
        run_id: str | None = None,
    ) -> str | None:
        """Logs a prediction; returns its prediction_id, or None if it is invalid and that was logged.

        The arguments are the columns of `ops.predictions`. JSON is given as text or as an object; a time has a zone, or
        is UTC; known_at is now by default, and event_at is known_at. Raises InvalidPrediction.
        """
        is_new = prediction_id is None
        known = now_text() if known_at is None else time_of("known_at", known_at)
        event = known if event_at is None or event_at is known_at else time_of("event_at", event_at)
        labels = scores = slices = features = context = None
        if predicted_labels is not None:
            predicted_labels, labels = as_json(predicted_labels)
        if class_scores is not None:
            class_scores, scores = as_json(class_scores)
        if segments is not None:
            segments, slices = as_json(segments)
        if input_features is not None:
            input_features, features = as_json(input_features)
        if business_context is not None:
            business_context, context = as_json(business_context)
        if score is not None and type(score) is not float:
            score = number_of("score", score)
        if predicted_value is not None:
            predicted_value = number_of("predicted_value", predicted_value)
        if latency_ms is not None and type(latency_ms) is not float:
            latency_ms = number_of("latency_ms", latency_ms)
        if memory_mb is not None:
            memory_mb = number_of("memory_mb", memory_mb)
        if cpu_rate is not None:
            cpu_rate = number_of("cpu_rate", cpu_rate)
        row = (
            new_id() if is_new else prediction_id,
            model_name,
            model_version,
            entity_id,
            event,
            known,
            score,
            predicted_class,
            predicted_labels,
            predicted_value,
            class_scores,
            data_split,
            segments,
            user_id,
            session_id,
            request_id,
            environment,
            latency_ms,
            input_features,
            application_id,
            memory_mb,
            cpu_rate,
            business_context,
            run_id,
        )
        n_bytes, unwritable = self._texts(PREDICTIONS, row)

        said = (labels, scores, slices, features, context)
        if reasons := self._problems(row, said) + unwritable:
            self._invalid(InvalidPrediction("prediction", reasons), PREDICTIONS, row, is_new)
            return None
        self._delivery.take(PREDICTIONS, (row,), n_bytes, is_new)
        return row[0]

    def log_predictions(self, columns: Mapping[str, Sequence[Any]], **same: Any) -> list[str | None]:
        """Logs many predictions at once, a column at a time; returns what log_prediction would of each.

        columns: to names of arguments of log_prediction their values, one for each prediction, None where one has none.
        same: further arguments, the same for all.

        Raises InvalidPrediction for the first that is invalid, counted from 0, and TypeError; then none is logged.
        After a SpoolError some may be.
        """
        columns = _filled(columns, same)
        n_rows = len(columns["entity_id"])
        slices = [
            predictions_of({name: list(values[start : start + self._slice_rows]) for name, values in columns.items()})
            for start in range(0, n_rows, self._slice_rows)
        ]
        ids: list[str | None] = []
        checked = []
        for found in slices:
            good: dict[bool, list[Row]] = {True: [], False: []}
            is_doubtful = may_be_unwritable(found.text, self._refuses_nul)
            for row, said, is_new in zip(found.rows, found.said, found.are_new, strict=True):
                reasons = self._problems(row, said)
                if is_doubtful:
                    reasons += unwritable_texts(PREDICTIONS, row, self._refuses_nul)
                if reasons:
                    self._invalid(InvalidPrediction(f"prediction {len(ids)}", reasons), PREDICTIONS, row, is_new)
                else:
                    good[is_new].append(row)
                ids.append(None if reasons else row[0])
            checked += [(rows, len(found.text), is_new) for is_new, rows in good.items() if rows]
        for rows, n_bytes, is_new in checked:
            self._delivery.take(PREDICTIONS, rows, n_bytes, is_new)
        return ids

    def log_frame(self, frame: Any, **same: Any) -> list[str | None]:
        """Logs the predictions of a data frame, a column at a time; returns what log_prediction would of each.

        frame: a pandas DataFrame, or an Arrow table or what else has `__arrow_c_stream__`; its columns are arguments of
            log_prediction. What is missing there is None; pandas takes NaN for that, too. JSON in Arrow is text.
        same: further arguments, the same for all.

        It takes DuckDB, whatever the warehouse is. It writes `max_rows` at a time, and when it returns all rows are in
        the warehouse, or in the spool while that is away. Raises as log_predictions does; a process that is killed in
        between has logged some of them, and whoever may call again gives prediction_id and event_at.
        """
        try:
            predictions = Frame(frame, same)
        except Unreadable:
            # Row by row it is found where.
            return self.log_predictions(columns_of(frame), **same)
        registry = self._delivery.registry
        if registry is not None and not registry.versions.keys() >= set(predictions.versions()):
            self._delivery.look_again()
            registry = self._delivery.registry
        wrong = []
        for row in predictions.wrong(registry, self._refuses_nul):
            self._invalid(InvalidPrediction(f"prediction {row.place}", row.reasons), PREDICTIONS, row.row, row.is_new)
            wrong.append(row.place)
        for rows, is_new in predictions.parts(without=wrong):
            self._delivery.land(PREDICTIONS, rows, is_new)
        ids: list[str | None] = list(predictions.ids())
        for place in wrong:
            ids[place] = None
        return ids

    def log_outcome(
        self,
        *,
        prediction_id: str,
        model_name: str,
        outcome_id: str | None = None,
        event_at: datetime | None = None,
        known_at: datetime | None = None,
        actual_class: str | None = None,
        actual_labels: Json | None = None,
        actual_value: float | None = None,
        source: str | None = None,
        run_id: str | None = None,
    ) -> str | None:
        """Logs an outcome; returns its outcome_id, or None if it is invalid and that was logged.

        The arguments are the columns of `ops.outcomes`, as in log_prediction. A correction is a further outcome with a
        later known_at. Raises InvalidOutcome.
        """
        is_new = outcome_id is None
        known = now_text() if known_at is None else time_of("known_at", known_at)
        event = known if event_at is None else time_of("event_at", event_at)
        actual_labels, labels = as_json(actual_labels)
        row = (
            new_id() if is_new else outcome_id,
            prediction_id,
            model_name,
            event,
            known,
            actual_class,
            actual_labels,
            number_of("actual_value", actual_value),
            source,
            run_id,
        )
        n_bytes, unwritable = self._texts(OUTCOMES, row)
        if reasons := outcome_problems(row, labels) + unwritable:
            self._invalid(InvalidOutcome("outcome", reasons), OUTCOMES, row, is_new)
            return None
        self._delivery.take(OUTCOMES, (row,), n_bytes, is_new)
        return row[0]

    def log_error(
        self,
        *,
        error_type: str,
        message: str,
        error_id: str | None = None,
        prediction_id: str | None = None,
        request_id: str | None = None,
        model_name: str | None = None,
        model_version: str | None = None,
        error_code: str | None = None,
        stack_trace: str | None = None,
        stage: str | None = None,
        input_features: Json | None = None,
        event_at: datetime | None = None,
        known_at: datetime | None = None,
        run_id: str | None = None,
    ) -> str:
        """Logs that a prediction could not be made; returns the error_id.

        The arguments are the columns of `ops.prediction_errors`; input_features need not be valid. Raises InvalidError,
        whatever `on_invalid` says.
        """
        is_new = error_id is None
        known = now_text() if known_at is None else time_of("known_at", known_at)
        event = known if event_at is None else time_of("event_at", event_at)
        row = (
            new_id() if is_new else error_id,
            prediction_id,
            request_id,
            model_name,
            model_version,
            error_type,
            error_code,
            message,
            stack_trace,
            stage,
            as_json(input_features)[0],
            event,
            known,
            run_id,
        )
        n_bytes, unwritable = self._texts(ERRORS, row)
        if reasons := error_problems(row) + unwritable:
            raise InvalidError("error", reasons)
        self._delivery.take(ERRORS, (row,), n_bytes, is_new)
        return row[0]

    def flush(self, timeout: float = 0.0) -> bool:
        """Writes what waits in memory and in the spool, for so many seconds again and again while the database is away.

        Returns whether all is in the warehouse; what is not is in the spool. Raises SpoolError if neither will do.
        """
        return self._delivery.flush(timeout)

    def close(self, timeout: float = 0.0) -> None:
        """Flushes, and lets go of the warehouse. What the database does not take stays in the spool for the next one.

        Interpreters that end in order do it by themselves. Raises SpoolError.
        """
        self._delivery.close(timeout)

    def _texts(self, table: LandingTable, row: Row) -> tuple[int, list[str]]:
        """How many characters a row has, and the reasons against texts that cannot be stored. Raises TypeError."""
        text = texts_together(table.text_names, table.texts_of(row))
        if may_be_unwritable(text, self._refuses_nul):
            return len(text), unwritable_texts(table, row, self._refuses_nul)
        return len(text), []

    def _problems(self, row: Row, said: tuple[Any, ...]) -> list[str]:
        """The reasons against a prediction, whose version is looked for again before it is unknown."""
        reasons = prediction_problems(row, *said, self._delivery.registry)
        if reasons and "model_version is not registered" in reasons:
            self._delivery.look_again()
            reasons = prediction_problems(row, *said, self._delivery.registry)
        return reasons

    def _invalid(self, error: InvalidRow, table: LandingTable, row: Row, is_new: bool) -> None:
        """Raises the error, or logs it with what the row is about; an id that was made for the row is nobody's."""
        if self._raises:
            raise error
        about = dict(zip(table.names, row, strict=True))
        if is_new:
            del about[table.key[0]]
        # What cannot be stored is told without being stored.
        told = {
            name: about[name].replace("\0", "").encode(errors="replace").decode()
            for name in ("prediction_id", "request_id", "model_name", "model_version", "input_features")
            if about.get(name)
        }
        logged = error_row("validation_error", "logging", str(error), **told)
        self._delivery.take(ERRORS, (logged,), sum(map(len, told.values())), is_new=True)


def _filled(columns: Mapping[str, Sequence[Any]], same: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """All columns of a call with many predictions. Raises TypeError and ValueError as calls with one do."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"the columns are not of one length: {lengths}")
    check_names(list(columns), same)
    n_rows = next(iter(lengths.values()))
    return {**columns, **{name: [value] * n_rows for name, value in same.items()}}


def _writer(warehouse: str | Path, schema: str) -> Writer:
    if isinstance(warehouse, str) and (warehouse.startswith(("postgres://", "postgresql://")) or "=" in warehouse):
        return PostgresWriter(warehouse, schema)
    return DuckDBWriter(Path(warehouse), schema)
