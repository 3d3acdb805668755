#!/usr/bin/env bash
# Looks for inputs that break the properties of Tests/ModbusPropertyTests; Fuzz/README.md explains it.
# Usage: scripts/fuzz.sh [--seconds N] [PROPERTY…]    N seconds for each property, 20 unless given.
# The property "profiles" has to be named: its build takes minutes.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 74
seconds=20
properties=()
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=${2:-}; shift ;;
    -*) echo "usage: scripts/fuzz.sh [--seconds N] [PROPERTY…]" >&2; exit 64 ;;
    *) properties+=("$1") ;;
  esac
  shift
done
[[ $seconds =~ ^[0-9]+$ ]] || { echo "fuzz: --seconds takes a whole number" >&2; exit 64; }
known=()
for file in Fuzz/Inputs/*.hex; do known+=("$(basename "$file" .hex)"); done
[ ${#properties[@]} -gt 0 ] || properties=("${known[@]}")
for property in "${properties[@]}"; do
  [ -f "Fuzz/Inputs/$property.hex" ] || [ "$property" = profiles ] || { echo "fuzz: no property $property; there are ${known[*]} profiles" >&2; exit 64; }
done
# Otherwise the crash handler stays behind and holds the pipe.
export SWIFT_BACKTRACE=enable=no

work=$root/.build-fuzz
mkdir -p "$work"
flags=(-O -wmo -parse-as-library -sanitize=fuzzer -I "$work" -L "$work")
ours=(-swift-version 6 -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature InternalImportsByDefault)

# module NAME FOLDER [OPTION…]: builds a module with the fuzzer's counters.
module() {
  local name=$1 folder=$2
  shift 2
  mapfile -t sources < <(find "$folder" -name '*.swift' | grep -v -F -f "$work/left-out" | sort)
  swiftc "${flags[@]}" "$@" -module-name "$name" -emit-module -emit-library -static -o "lib$name.a" "${sources[@]}"
}

build() {
  cd "$work" || return 1
  echo /none >left-out
  module Modbus "$root/Sources/Modbus" "${ours[@]}" &&
    module ModbusProperties "$root/Tests/ModbusPropertyTests/Properties" "${ours[@]}" &&
    swiftc "${flags[@]}" "${ours[@]}" -module-name Fuzz "$root/Fuzz/Fuzz.swift" "$root/Fuzz/Ending.swift" \
      -lModbusProperties -lModbus -o fuzz
}

# Profiles need the YAML parser, which `swift build` has fetched, but nothing that opens a connection.
build_profiles() {
  local yams=$root/.build/checkouts/Yams/Sources file
  [ -d "$yams" ] || { echo "fuzz: run swift build first, it fetches the YAML parser"; return 1; }
  cd "$work" || return 1
  printf '/Devices/%s.swift\n' Chargers/Charger DeviceLink Meters/Meter Meters/SunSpecWalk >left-out
  for file in "$yams"/CYaml/src/*.c; do
    clang -O1 -fsanitize=fuzzer-no-link -I "$yams/CYaml/include" -c "$file" -o "$(basename "$file" .c).o" || return 1
  done
  flags+=(-I "$yams/CYaml/include")
  ar rcs libCYaml.a ./*.o &&
    { [ libYams.a -nt "$yams/Yams/Parser.swift" ] || module Yams "$yams/Yams" -D SWIFT_PACKAGE -suppress-warnings; } &&
    module Quantities "$root/Sources/Quantities" "${ours[@]}" &&
    module Documents "$root/Sources/Documents" "${ours[@]}" &&
    module Profiles "$root/Profiles" "${ours[@]}" &&
    module Devices "$root/Sources/Devices" "${ours[@]}" &&
    swiftc "${flags[@]}" "${ours[@]}" -module-name Fuzz "$root/Fuzz/FuzzProfiles.swift" "$root/Fuzz/Ending.swift" \
      -lDevices -lProfiles -lDocuments -lQuantities -lModbus -lYams -lCYaml -lFoundation -lFoundationEssentials \
      -o fuzz-profiles
}
stamp=$(find Sources/Modbus Tests/ModbusPropertyTests/Properties Fuzz scripts/fuzz.sh -type f | sort | xargs cat |
  sha256sum)
if [ ! -x "$work/fuzz" ] || [ "$(cat "$work/stamp" 2>/dev/null)" != "$stamp" ]; then
  (build) >"$work/build.log" 2>&1 || { cat "$work/build.log"; echo "fuzz: the build failed" >&2; exit 1; }
  echo "$stamp" >"$work/stamp"
fi
if [[ " ${properties[*]} " == *" profiles "* ]]; then
  (build_profiles) >"$work/build.log" 2>&1 || { cat "$work/build.log"; echo "fuzz: the build failed" >&2; exit 1; }
fi

# One input a line, in hexadecimal, with a remark behind a number sign.
seeds() {
  if [ "$1" = profiles ]; then
    cp Profiles/*/*.yaml "$2"
    return
  fi
  python3 - "Fuzz/Inputs/$1.hex" "$2" <<'PY'
import pathlib, sys
lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
for number, line in enumerate(lines):
    digits = line.split("#")[0].strip()
    if digits:
        (pathlib.Path(sys.argv[2]) / f"{number:04}").write_bytes(bytes.fromhex(digits))
PY
}

run() {
  local property=$1 folder=$work/$1 program=$work/fuzz options=(-max_len=700)
  if [ "$property" = profiles ]; then
    program=$work/fuzz-profiles
    options=(-max_len=6000 -dict="$folder/words")
    mkdir -p "$folder"
    grep -ohE '[A-Za-z_]{2,}|[0-9.]{2,}' Profiles/*/*.yaml | sort -u | sed 's/.*/"&"/' >"$folder/words"
  fi
  rm -rf "$folder/seeds"
  mkdir -p "$folder/seeds" "$folder/corpus" "$folder/crashes"
  seeds "$property" "$folder/seeds" || return 1
  FUZZ_PROPERTY=$property "$program" -max_total_time="$seconds" "${options[@]}" -timeout=30 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$folder/crashes/" "$folder/corpus" "$folder/seeds" >"$folder/log" 2>&1
}

failed=0
report() {
  local property=$1 status=$2 log=$work/$1/log
  local count features
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  features=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
  if [ "$status" -eq 0 ] && [ "${count:-0}" -gt 100 ]; then
    echo "fuzz: $property: $count inputs, $features"
    return
  fi
  failed=1
  echo "fuzz: $property FAILED"
  grep -v -E '^(#|INFO|stat::)' "$log" | head -n 30
  local crash
  crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  [ -n "$crash" ] || return
  if [ "$property" = profiles ]; then
    echo "fuzz: to reproduce: $work/fuzz-profiles $crash"
    echo "fuzz: to keep it as a test, put its text into Tests/DevicesTests/Profiles/ProfileDocumentTests.swift"
    return
  fi
  echo "fuzz: to reproduce: FUZZ_PROPERTY=$property $work/fuzz $crash"
  echo "fuzz: to keep it as a test, add this line to Fuzz/Inputs/$property.hex:"
  echo "$(od -An -v -tx1 "$crash" | tr -d ' \n') # what it shows"
}

# Two at a time.
for ((index = 0; index < ${#properties[@]}; index += 2)); do
  run "${properties[index]}" & first=$!
  second=
  if [ $((index + 1)) -lt ${#properties[@]} ]; then run "${properties[index + 1]}" & second=$!; fi
  wait $first
  report "${properties[index]}" $?
  if [ -n "$second" ]; then
    wait $second
    report "${properties[index + 1]}" $?
  fi
done
exit $failed
