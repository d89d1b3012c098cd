"""Runs all checks against one gateway and prints a line for each. See `run`."""

import os
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True

try:
    import conformance
    import elsewhere
    import examples
    import page
    from document import API, Document, Failure
    from openapi_spec_validator import OpenAPIV31SpecValidator
except ModuleNotFoundError as missing:
    here = pathlib.Path(__file__).parent
    raise SystemExit(f"{sys.executable} lacks {missing.name}; run: {sys.executable} -m pip install -r {here}/requirements.txt")


def document_is_valid(content):
    errors = OpenAPIV31SpecValidator(content).iter_errors()
    if faults := [f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors]:
        raise Failure("; ".join(faults[:10]))


def main(base, count="40"):
    api = API(base, os.environ.get("API_KEY"))
    standin = API(os.environ["STANDIN_URL"]) if os.environ.get("STANDIN_URL") else None
    answer = api.ask("GET", "/openapi.json")
    if answer.status != 200:
        raise SystemExit(f"{base}/openapi.json was answered with {answer.status}")
    document = Document(answer.json())
    pictures = pathlib.Path(os.environ.get("SCREENSHOTS") or tempfile.mkdtemp(prefix="api-page-"))
    pictures.mkdir(parents=True, exist_ok=True)

    def all_checks():
        yield "the document is valid OpenAPI 3.1", lambda: document_is_valid(document.content)
        yield from examples.checks(api, document, standin)
        yield from page.checks(api.base, document, api.key, pictures)
        yield from elsewhere.checks(api, os.environ.get("OPS_URL"))
        # Last, since it leaves behind whatever it likes.
        yield from conformance.checks(api, document, int(count))

    began, passed, failed = time.monotonic(), 0, 0
    for name, check in all_checks():
        start = time.monotonic()
        try:
            said = check()
            passed += 1
            print(f"ok   {name}{f': {said}' if said else ''} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as failure:
            failed += 1
            what = failure if isinstance(failure, Failure) else f"{type(failure).__name__}: {failure}"
            print(f"FAIL {name}: {what}", flush=True)
    if standin:
        standin.ask("POST", "/control", {})
    print(f"{passed} passed, {failed} failed in {time.monotonic() - began:.0f} s; pictures of the page: {pictures}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit("usage: Tests/API/run GATEWAY_BASE_URL [SCHEMATHESIS_EXAMPLES]")
    raise SystemExit(main(*sys.argv[1:]))
