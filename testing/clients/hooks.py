"""What Schemathesis cannot know of itself."""

import json

import schemathesis
from schemathesis.transport.serialization import serialize_binary

# Refusals that no description can rule out: they depend on what the account has at that time, or on
# the content of a file.
BY_DATA = {
    "idempotency_key_reused",
    "invalid_cursor",
    "invalid_file",
    "limit_exceeded",
    "name_taken",
    "no_such_import",
    "no_such_phone",
    "no_such_skill",
    "not_assigned",
    "not_whole",
    "number_taken",
    "rows_refused",
    "Idempotency-Key was used for another request",
}
# They depend on the time, on what else is in the request, on which skills there are, or on which
# characters can be seen.
BY_CONTEXT = (
    "in this account",
    "in the future",
    "in the past",
    "given with",
    "is for files",
    "cannot be seen",
)
# Texts of a grammar that a schema cannot say.
BY_GRAMMAR = ("/hours", "/dial_templates/")


@schemathesis.serializer("application/x-ndjson")
def file(ctx, value):
    return serialize_binary(value)


@schemathesis.deserializer("application/x-ndjson")
def json_lines(ctx, response):
    if ctx.operation.path == "/v1/exports":  # described as a file
        return response.text
    return [json.loads(line) for line in response.text.splitlines()]


@schemathesis.check
def accepts_what_the_description_allows(ctx, response, case):
    """Like `positive_data_acceptance`, which takes each 422 for a fault of the description."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if is_valid and response.status_code in (400, 422):
        answer = response.json()
        for error in answer.get("errors", [answer]):
            code, detail = error.get("code") or error["message"], error.get("detail", "")
            pointer = error.get("pointer", "")
            is_known = code in BY_DATA or any(text in detail for text in BY_CONTEXT)
            is_known = is_known or pointer.startswith(BY_GRAMMAR)
            # For JSON Schema, 3.0 is an integer.
            field = pointer[1:]
            is_float = isinstance(case.body, dict) and isinstance(case.body.get(field), float)
            assert is_known or is_float, f"Valid data was refused: {code}: {detail}"
