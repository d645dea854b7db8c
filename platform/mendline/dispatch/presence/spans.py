"""Spans of time as sets: put together, cut to a window, taken out of each other."""

from collections.abc import Iterable

from mendline_tenants import Span


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as ordered spans that neither overlap nor touch; empty ones are left out."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.begins < span.ends):
        if found and span.begins <= found[-1].ends:
            found[-1] = Span(found[-1].begins, max(found[-1].ends, span.ends))
        else:
            found.append(span)
    return tuple(found)


def clipped(spans: Iterable[Span], window: Span) -> tuple[Span, ...]:
    """What of these spans lies in a window, merged."""
    return merged(Span(max(span.begins, window.begins), min(span.ends, window.ends)) for span in spans)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """The time of `spans` that is not in `taken`, merged."""
    gaps = merged(taken)
    found: list[Span] = []
    at = 0
    for span in merged(spans):
        begins = span.begins
        while at < len(gaps) and gaps[at].ends <= begins:
            at += 1
        for gap in gaps[at:]:
            if gap.begins >= span.ends:
                break
            if begins < gap.begins:
                found.append(Span(begins, gap.begins))
            begins = max(begins, gap.ends)
        if begins < span.ends:
            found.append(Span(begins, span.ends))
    return tuple(found)
