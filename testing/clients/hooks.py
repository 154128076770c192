"""What Schemathesis cannot know of itself."""

import json

import schemathesis

# Refusals that no description can rule out: of what the account has, or has not, at that time, and of
# files that are not as a line of text can say.
BY_DATA = {
    "invalid_file",
    "no_such_phone",
    "no_such_skill",
    "invalid_cursor",
    "rows_refused",
    "idempotency_key_reused",
    "Idempotency-Key was used for another request",
}


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
        errors = answer.get("errors", [answer])
        codes = {error.get("code") or error["message"] for error in errors}
        assert codes <= BY_DATA, f"Valid data was refused: {codes - BY_DATA}"
