"""Sends logs, spans and metrics with the official Python SDK, and ends with 1 unless all of it was taken.

usage: send.py grpc|http/protobuf|http/json COUNT; where to and how is in the SDK's own OTEL_EXPORTER_OTLP_… variables.
"""

import sys
from importlib import import_module

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PACKAGES = {"grpc": "proto.grpc", "http/protobuf": "proto.http", "http/json": "json.http"}

protocol, count = sys.argv[1], int(sys.argv[2])
package = f"opentelemetry.exporter.otlp.{PACKAGES[protocol]}"
resource = Resource.create({"service.name": "python"})


def exporter(module: str, name: str):
    return getattr(import_module(f"{package}.{module}"), name)()


def send_logs() -> bool:
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(
        BatchLogRecordProcessor(exporter("_log_exporter", "OTLPLogExporter"), max_queue_size=count)
    )
    logger = provider.get_logger("test", "1.0")
    for n in range(count):
        logger.emit(
            event_name="task.completed",
            severity_number=SeverityNumber.INFO,
            severity_text="INFO",
            body=f"log {n}",
            attributes={"n": n, "large": 2**62, "whole": 5.0, "list": ["a", "b"], "deep": {"x": True}, "raw": b"\x00\xff"},
        )
    done = provider.force_flush()
    provider.shutdown()
    return done


def send_spans() -> bool:
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter("trace_exporter", "OTLPSpanExporter")))
    tracer = provider.get_tracer("test", "1.0")
    first = tracer.start_span("first")
    second = tracer.start_span(
        "second",
        kind=trace.SpanKind.CLIENT,
        attributes={"n": 1},
        links=[trace.Link(first.get_span_context(), {"why": "retry"})],
    )
    second.add_event("tool", {"name": "x"})
    second.set_status(trace.Status(trace.StatusCode.ERROR, "broken"))
    second.end()
    first.end()
    done = provider.force_flush()
    provider.shutdown()
    return done


def send_metrics() -> bool:
    reader = PeriodicExportingMetricReader(
        exporter("metric_exporter", "OTLPMetricExporter"), export_interval_millis=3_600_000
    )
    # Its shutdown would collect and send once more.
    provider = MeterProvider(resource=resource, metric_readers=[reader], shutdown_on_exit=False)
    meter = provider.get_meter("test", "1.0")
    meter.create_counter("calls", unit="{calls}").add(3, {"tool": "x"})
    meter.create_histogram("duration", unit="s").record(0.25)
    meter.create_gauge("load").set(1.5)
    return provider.force_flush()


sys.exit(0 if all([send_logs(), send_spans(), send_metrics()]) else 1)
