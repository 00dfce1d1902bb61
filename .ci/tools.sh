#!/usr/bin/env bash
# Installs what is missing and leaves alone what is there; says what it does, and what to do where it can't.
#   tools.sh build      the wasm target, trunk and the matching wasm-bindgen
#   tools.sh browsers   Chromium and Firefox ESR from Debian's packages, and the font of the looks
#   tools.sh journeys   the driver and axe from npm
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Pinned with wasm-bindgen in Cargo.toml: the program and the crate must be the same version.
wasm_bindgen_version=0.2.128
# 0.22 needs a newer rustc than rust-toolchain.toml names.
trunk_version=0.21.14
# The driver needs this at least.
node_major=20

export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# The last word of the first line of `program --version` that looks like a version.
version_of() { has "$1" && "$1" --version 2>/dev/null | head -n 1 | grep -Eo '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1 || true; }

install_crate() { # name, program, version, further flags
  local name=$1 program=$2 version=$3 found
  shift 3
  found=$(version_of "$program")
  if [[ "$found" == "$version" ]]; then return; fi
  say "installing $name $version${found:+ (found $found)}: this takes some minutes, once"
  cargo install --locked --force "$name" --version "$version" "$@" \
    || fail "cargo could not install $name $version: look at the lines above (network? a C compiler and pkg-config: apt-get install build-essential pkg-config libssl-dev), then run this again"
}

build() {
  has cargo || fail "there is no cargo: install rustup from https://rustup.rs, open a new shell, and run this again"
  if has rustup; then
    if ! rustup target list --installed | grep -qx wasm32-unknown-unknown; then
      say "adding the target wasm32-unknown-unknown"
      rustup target add wasm32-unknown-unknown || fail "rustup could not add the wasm target: check the network and run \`rustup target add wasm32-unknown-unknown\`"
    fi
  elif [[ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]]; then
    fail "this rustc has no wasm32-unknown-unknown and there is no rustup to add it: install rustup from https://rustup.rs"
  fi
  install_crate wasm-bindgen-cli wasm-bindgen "$wasm_bindgen_version"
  # A debug build of trunk compiles in a third of the time and is as quick at waiting for cargo.
  install_crate trunk trunk "$trunk_version" --debug
}

browsers() {
  local missing=()
  has chromium || missing+=(chromium)
  has chromedriver || missing+=(chromium-driver)
  has firefox-esr || missing+=(firefox-esr)
  if ! has fc-list || ! fc-list : family 2>/dev/null | grep -qi '^inter'; then missing+=(fonts-inter); fi
  if ((${#missing[@]} == 0)); then return; fi
  has apt-get || fail "missing: ${missing[*]}, and there is no apt-get: install Chromium, its driver and Firefox ESR by other means so that chromium, chromedriver and firefox-esr are on PATH"
  local as_root=()
  if (($(id -u) != 0)); then
    has sudo || fail "missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]} with apt-get"
  "${as_root[@]}" apt-get update -q >&2 \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 \
    || fail "apt-get could not install ${missing[*]}: look at the lines above, then run this again"
}

journeys() {
  has node && has npm || fail "there is no Node: install Node $node_major or newer with npm, and run this again"
  local major
  major=$(node --version | grep -Eo '[0-9]+' | head -n 1)
  ((major >= node_major)) || fail "Node $(node --version) is too old: install Node $node_major or newer"
  if [[ -e tests/node_modules/.package-lock.json && ! tests/package-lock.json -nt tests/node_modules/.package-lock.json ]]; then return; fi
  say "installing the browser driver and axe with npm"
  (cd tests && npm ci --no-audit --no-fund --loglevel=error >&2) || fail "npm could not install what tests/package-lock.json names: check the network and run \`npm ci\` in tests/"
}

(($# > 0)) || fail "say what to install: build, browsers, journeys"
for what in "$@"; do
  case "$what" in
    build | browsers | journeys) "$what" ;;
    *) fail "unknown: $what (build, browsers, journeys)" ;;
  esac
done
