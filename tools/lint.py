"""The rules of the code base that a machine can check. Prints each breach as file:line: rule; exit status 1 if any."""

import pathlib
import re
import subprocess
import sys

MAX_FILE_LINES = 400
TEST_FILES = ("_test.cpp", "_bench.cpp", "_fuzz.cpp", "_lab.hpp", "_fixture.hpp", "_for_test.hpp")
MAX_FUNCTION_LINES = 70
PURE = ("protocol/", "sim/packet/", "sim/nat/", "sim/link/", "sim/oracle/", "sim/survey/", "sim/memory/", "sim/trial/", "sim/explain/")
IMPURE = re.compile(
    r"std::random_device|steady_clock|system_clock|high_resolution_clock|\bs?rand\s*\(|\btime\s*\(\s*(NULL|nullptr|0)\s*\)"
    r"|clock_gettime|gettimeofday|unordered_(map|set)|#include\s*<(thread|mutex|future|random|ctime|iostream|fstream"
    r"|sys/socket\.h|sys/time\.h|unistd\.h)>|\bprintf\s*\(|std::function"
)
NS3 = re.compile(r"#include\s*[<\"]ns3/")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
HOLLOW = re.compile(r"(EXPECT|ASSERT)_TRUE\(\s*true\s*\)|SUCCEED\(\)|GTEST_SKIP|\bDISABLED_")


def tracked(*suffixes):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    return [name for name in names.stdout.split("\n") if name.endswith(suffixes) and pathlib.Path(name).is_file()]


def function_lengths(lines):
    """Yields (line, length) of each body that opens with an unindented definition and closes with an unindented brace."""
    start = None
    for number, line in enumerate(lines, 1):
        opens = line.rstrip().endswith("{") and line[:1] not in (" ", "\t", "}", "#", "/", "")
        if opens and not re.match(r"(namespace|class|struct|enum|union|extern|using|constexpr|inline constexpr|const)\b", line):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def breaches_of(name):
    lines = pathlib.Path(name).read_text(encoding="utf-8").split("\n")
    if len(lines) - 1 > MAX_FILE_LINES:
        yield 1, f"{len(lines) - 1} lines; at most {MAX_FILE_LINES}"
    test = name.endswith(TEST_FILES)
    pure = name.startswith(PURE) and not test
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        if pure and IMPURE.search(code):
            yield number, "a clock, a thread, a socket, ambient randomness or unordered iteration in a pure folder"
        if NS3.search(code) and not name.startswith("sim/ns3/"):
            yield number, "ns-3 outside sim/ns3"
        if UNFINISHED.search(line):
            yield number, "unfinished work"
        if HOLLOW.search(code):
            yield number, "a test that cannot fail or does not run"
    for number, length in function_lengths(lines):
        if length > MAX_FUNCTION_LINES and not lines[number - 1].startswith("TEST"):
            yield number, f"function of {length} lines; at most {MAX_FUNCTION_LINES}"


def main():
    count = 0
    for name in tracked(".cpp", ".hpp"):
        for number, rule in breaches_of(name):
            print(f"{name}:{number}: {rule}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
