//! Conventions that a tool can hold: which module may use which, purity of the core, module docs, style sheets, the top level.
//! Reads the sources as text; knows nothing of types.

use std::fs;
use std::path::{Path, PathBuf};

/// What an area may use of ours. The longest matching area holds; an area may always use itself.
/// Areas that are not listed (`app`, `element`, the crate root) wire the others together and may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("core::domain", &[]),
    ("core::wire", &["core::domain"]),
    ("core::store", &["core::domain", "core::wire"]),
    ("core::decision", &["core::domain"]),
    ("core::export", &["core::domain"]),
    ("crate::api", &["core"]),
    ("crate::ui::words", &["core", "crate::api"]),
    ("crate::ui::browser", &[]),
    ("crate::ui::kit", &[]),
    (
        "crate::ui::state",
        &["core", "crate::api", "crate::ui::browser", "crate::ui::words"],
    ),
    (
        "crate::ui::tasks",
        &[
            "core",
            "crate::api",
            "crate::ui::browser",
            "crate::ui::state",
            "crate::ui::words",
        ],
    ),
];

/// Modules of the page that stand outside the rule for views.
const NOT_VIEWS: &[&str] = &["app", "browser", "element", "kit", "state", "tasks", "words"];

/// What a view may not use: it takes values and calls tasks.
const HIDDEN_FROM_VIEWS: &[&str] = &[
    "crate::api",
    "crate::ui::browser",
    "crate::ui::element",
    "crate::ui::app",
];

/// Crates that an area may not use. The core is pure, the wire alone knows JSON, the browser stays behind its adapters.
const FOREIGN: &[(&str, &str)] = &[
    (
        "core",
        "leptos web_sys js_sys wasm_bindgen gloo_net rand chrono std::env std::fs std::net std::process std::thread",
    ),
    ("core", "std::time::Instant std::time::SystemTime"),
    ("core::domain", "serde serde_json csv"),
    ("core::store", "serde serde_json csv"),
    ("core::export", "serde serde_json"),
    ("crate::api", "leptos"),
];

/// Everything that may lie at the top; what `.gitignore` names and hidden files aside.
const TOP: &str = "ARCHITECTURE.md Cargo.lock Cargo.toml Makefile README.md Trunk.toml backend build.rs \
    clippy.toml core index.html openapi.yaml rust-toolchain.toml rustfmt.toml src style tests";

const COLOUR_FUNCTIONS: &str = "rgb( rgba( hsl( hsla( hwb( lab( lch( oklab( oklch( color( light-dark(";

const COLOUR_NAMES: &str = "aqua beige black blue brown crimson cyan fuchsia gold gray green grey indigo lime magenta \
    maroon navy olive orange pink purple red silver tan teal tomato violet white yellow";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` with one of the extensions, as (path from the root with `/`, text), sorted.
fn files(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_wanted = path
                .extension()
                .is_some_and(|it| extensions.iter().any(|wanted| it == *wanted));
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if is_wanted && let Ok(text) = fs::read_to_string(&path) {
                let name = path
                    .strip_prefix(root())
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push((name, text));
            }
        }
    }
    found.sort();
    found
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_default()
}

fn sources() -> Vec<(String, String)> {
    ["core/src", "src", "backend/src"]
        .iter()
        .flat_map(|folder| files(folder, &["rs"]))
        .collect()
}

/// The tests of this file are lists of complaints that must be empty.
#[track_caller]
fn check(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// `core/src/wire/row.rs` → `core::wire::row`; the page's crate is called `crate`.
fn module_of(path: &str) -> String {
    let path = path
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .trim_end_matches("/lib")
        .trim_end_matches("/main");
    let path = match path.strip_prefix("src") {
        Some(rest) => format!("crate{rest}"),
        None => path.replacen("/src", "", 1),
    };
    path.replace('/', "::")
}

fn is_within(module: &str, area: &str) -> bool {
    module
        .strip_prefix(area)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The code without comments, string and character literals, and items under `#[cfg(test)]`; lengths and lines don't matter.
fn bare(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if rest.starts_with('"') {
            string(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            rest[2..].find('\'').map_or(rest.len(), |end| end + 3)
        } else {
            0
        };
        if skip > 0 {
            code.push(' ');
            at += skip;
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            code.push_str(&rest[..length]);
            at += length;
        }
    }
    without_tests(&code)
}

/// The length of a string literal that starts here.
fn string(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// The length of a raw string literal that starts here.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?;
    let n_hashes = hashes.len() - hashes.trim_start_matches('#').len();
    let inner = hashes[n_hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(n_hashes));
    Some(
        inner
            .find(&close)
            .map_or(rest.len(), |end| 2 + n_hashes + end + close.len()),
    )
}

fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut depth = 0_usize;
        let end = rest.char_indices().find(|&(_, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(letter, '}' | ';')
        });
        rest = end.map_or("", |(at, _)| &rest[at + 1..]);
    }
    kept.push_str(rest);
    kept
}

/// Every path in the code that starts at a crate, `crate`, `self` or `super`, with groups spelled out and resolved
/// against the module that it stands in: `core::domain::time`, `crate::ui::kit`, `serde`, `std::fs`.
fn paths(module: &str, code: &str) -> Vec<String> {
    let code = code
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" ::", "::")
        .replace(":: ", "::");
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let is_start = is_word(bytes[at]) && (at == 0 || !is_word(bytes[at - 1]));
        if !is_start {
            at += 1;
            continue;
        }
        let head = word(&code[at..]);
        let is_path = code[at + head.len()..].starts_with("::") || code[..at].ends_with("use ");
        if is_path && !code[..at].ends_with("::") {
            tree(&code[at..], String::new(), &mut found);
        }
        at += head.len();
    }
    found.iter().map(|path| resolve(module, path)).collect()
}

fn word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !is_word(byte)).unwrap_or(text.len());
    &text[..end]
}

/// Reads one path or use tree, adds its leaves, and returns what follows.
fn tree<'a>(text: &'a str, prefix: String, found: &mut Vec<String>) -> &'a str {
    let mut text = text.trim_start();
    let mut path = prefix;
    loop {
        if let Some(group) = text.strip_prefix('{') {
            let mut rest = group.trim_start();
            while !rest.is_empty() && !rest.starts_with('}') {
                let before = rest.len();
                rest = tree(rest, path.clone(), found).trim_start();
                // an alias, a comma, or something that is no use tree at all
                rest = rest
                    .trim_start_matches(|letter: char| letter != ',' && letter != '}')
                    .trim_start_matches(',')
                    .trim_start();
                if rest.len() == before {
                    break;
                }
            }
            return rest.strip_prefix('}').unwrap_or(rest);
        }
        let segment = word(text);
        if !path.is_empty() {
            path.push_str("::");
        }
        path.push_str(segment);
        text = &text[segment.len()..];
        match text.strip_prefix("::") {
            Some(rest)
                if rest.starts_with(|letter: char| {
                    letter == '{' || letter == '_' || letter.is_ascii_alphabetic()
                }) =>
            {
                text = rest
            }
            _ => {
                found.push(path);
                return text;
            }
        }
    }
}

fn resolve(module: &str, path: &str) -> String {
    let krate = module.split("::").next().unwrap_or_default();
    let mut base: Vec<&str> = module.split("::").collect();
    let mut segments = path.split("::").peekable();
    match segments.peek() {
        Some(&"crate") => base = vec![krate],
        Some(&"action_center_core") => base = vec!["core"],
        Some(&"self" | &"super") => {
            while let Some(step) = segments.next_if(|step| matches!(*step, "self" | "super")) {
                if step == "super" {
                    base.pop();
                }
            }
            return base.into_iter().chain(segments).collect::<Vec<_>>().join("::");
        }
        _ => return path.to_owned(),
    }
    base.into_iter()
        .chain(segments.skip(1))
        .collect::<Vec<_>>()
        .join("::")
}

/// Complaints about what one source file uses.
fn wrong_arrows(path: &str, text: &str) -> Vec<String> {
    let module = module_of(path);
    let paths = paths(&module, &bare(text));
    let allowed = ARROWS
        .iter()
        .filter(|(area, _)| is_within(&module, area))
        .max_by_key(|(area, _)| area.len());
    let view = module
        .strip_prefix("crate::ui::")
        .map(word)
        .filter(|name| !NOT_VIEWS.contains(name));
    let mut wrong = Vec::new();
    for used in &paths {
        // `core::fmt` and its like are the standard library's
        let is_ours = is_within(used, "crate")
            || used
                .strip_prefix("core::")
                .is_some_and(|rest| is_area_of_core(word(rest)));
        let is_forbidden = match allowed {
            Some((area, others)) => {
                is_ours && !is_within(used, area) && !others.iter().any(|other| is_within(used, other))
            }
            None => view.is_some() && HIDDEN_FROM_VIEWS.iter().any(|hidden| is_within(used, hidden)),
        };
        let is_foreign = FOREIGN.iter().any(|(area, crates)| {
            is_within(&module, area) && crates.split(' ').any(|banned| is_within(used, banned))
        });
        if is_forbidden || is_foreign {
            wrong.push(format!("{path}: {module} may not use {used}"));
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

fn is_area_of_core(name: &str) -> bool {
    ARROWS
        .iter()
        .any(|(area, _)| area.strip_prefix("core::") == Some(name))
}

/// A sheet without comments and strings.
fn bare_sheet(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        kept.push_str(&rest[..start]);
        rest = rest[start..]
            .find("*/")
            .map_or("", |end| &rest[start + end + 2..]);
    }
    kept.push_str(rest);
    kept.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// Complaints about one style sheet.
fn untidy_sheet(path: &str, text: &str) -> Vec<String> {
    let code = bare_sheet(text);
    let mut wrong = Vec::new();
    let mut complain = |what: &str| wrong.push(format!("{path}: {what}"));
    if code.contains("!important") {
        complain("!important, where the layers decide");
    }
    let is_rem = |(at, _): (usize, &str)| {
        let before = code[..at].bytes().last().unwrap_or(b' ');
        let after = code[at + 3..].bytes().next().unwrap_or(b' ');
        (before.is_ascii_digit() || before == b'.') && !is_word(after)
    };
    if code.match_indices("rem").any(is_rem) {
        complain("rem, which belongs to the host page");
    }
    if path == "style/tokens.css" {
        return wrong;
    }
    if code.contains("--_") {
        complain("a token of the raw scale");
    }
    if code.contains('#') {
        complain("a colour as a number");
    }
    for line in code.lines() {
        for word in
            line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '(')
        {
            if COLOUR_NAMES.split(' ').any(|name| name == word)
                || COLOUR_FUNCTIONS
                    .split(' ')
                    .any(|function| word.starts_with(function))
            {
                complain(&format!("the colour {word}"));
            }
        }
    }
    wrong
}

#[test]
fn modules_use_only_what_the_design_allows() {
    let complaints: Vec<String> = sources()
        .iter()
        .flat_map(|(path, text)| wrong_arrows(path, text))
        .collect();
    check(&complaints);
}

#[test]
fn a_forbidden_use_is_found_however_it_is_written() {
    for (path, text) in [
        ("core/src/domain/action.rs", "use crate::wire::Row;"),
        (
            "core/src/domain/action.rs",
            "use crate::{\n  store::{Store as S},\n  domain::time,\n};",
        ),
        ("core/src/domain/mod.rs", "use super::wire;"),
        (
            "core/src/domain/query.rs",
            "fn f() { let s = serde_json::to_string(&1); }",
        ),
        (
            "core/src/decision/mod.rs",
            "fn f() -> std::time::Instant { std::time::Instant::now() }",
        ),
        (
            "core/src/export/mod.rs",
            "use super::super::super::core::wire::Row; use crate::wire;",
        ),
        (
            "src/ui/kit/button.rs",
            "use action_center_core::domain::time::Time;",
        ),
        (
            "src/ui/grid.rs",
            "use crate::{ui::{state::State, browser::clock}};",
        ),
        ("src/ui/pages/history.rs", "fn f() { crate::api::client::get(); }"),
        ("src/ui/state.rs", "use super::tasks;"),
        ("src/api/client.rs", "use leptos::prelude::*;"),
    ] {
        assert!(!wrong_arrows(path, text).is_empty(), "{path}: {text}");
    }
}

#[test]
fn an_allowed_use_is_left_alone() {
    for (path, text) in [
        (
            "core/src/domain/action.rs",
            "use super::time::Time; use core::fmt; use std::fmt::Write; // crate::wire",
        ),
        (
            "core/src/domain/action.rs",
            "const A: &str = \"crate::wire::Row\"; #[cfg(test)]\nmod tests { use crate::wire::Row; }",
        ),
        ("core/src/store/mod.rs", "use crate::wire::Row;"),
        (
            "core/src/wire/row.rs",
            "use serde::Deserialize; use crate::domain::time::Time;",
        ),
        ("src/ui/tasks.rs", "use crate::{api, ui::{browser, state}};"),
        (
            "src/ui/grid.rs",
            "use super::{kit::icon, state::State, tasks}; use action_center_core::store::Store;",
        ),
        ("src/ui/app.rs", "use crate::{api, ui::browser};"),
        (
            "src/ui/kit/icon.rs",
            "use core::fmt; use leptos::prelude::*; use super::parts;",
        ),
        (
            "src/ui/tasks/start.rs",
            "use crate::ui::browser::page; fn f() { page::open(); }",
        ),
    ] {
        check(&wrong_arrows(path, text));
    }
}

#[test]
fn only_the_page_knows_a_browser() {
    let mut complaints = Vec::new();
    for manifest in ["core/Cargo.toml", "backend/Cargo.toml"] {
        let text = read(manifest);
        assert!(text.contains("[dependencies]"), "{manifest} is read");
        for line in text.lines().filter(|line| {
            ["leptos", "web-sys", "js-sys", "gloo-net", "action-center "]
                .iter()
                .any(|it| line.starts_with(it))
        }) {
            complaints.push(format!("{manifest}: {line}"));
        }
    }
    check(&complaints);
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let sources = sources();
    assert!(sources.len() > 10, "the sources are read");
    let silent = sources.iter().filter(|(_, text)| !text.starts_with("//!"));
    check(
        &silent
            .map(|(path, _)| format!("{path}: no module doc"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn what_is_left_to_do_names_its_issue() {
    // in two halves, so that this file does not find itself
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut complaints = Vec::new();
    let folders = ["core", "src", "backend", "style", "tests"];
    for (path, text) in folders
        .iter()
        .flat_map(|folder| files(folder, &["rs", "css", "js", "toml"]))
    {
        for (number, line) in text.lines().enumerate() {
            let is_form = line.contains(concat!("TO", "DO(#"));
            if !is_form
                && marks.iter().any(|mark| {
                    line.split(|letter: char| !letter.is_alphanumeric())
                        .any(|word| word == *mark)
                })
            {
                complaints.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    check(&complaints);
}

#[test]
fn sheets_use_tokens_and_layers() {
    let sheets = files("style", &["css"]);
    assert!(sheets.len() > 10, "the sheets are read");
    let mut complaints: Vec<String> = sheets
        .iter()
        .flat_map(|(path, text)| untidy_sheet(path, text))
        .collect();
    for (path, text) in &sheets {
        if path != "style/page.css" && !text.contains("@layer ") {
            complaints.push(format!("{path}: in no layer"));
        }
    }
    check(&complaints);
}

#[test]
fn an_untidy_sheet_is_found() {
    for text in [
        "a { color: #fff; }",
        "a { color: red }",
        "a { background: rgb(0 0 0 / 40%); }",
        "a { border: 1px solid light-dark(var(--ac-a), var(--ac-b)); }",
        "a { padding: 1.5rem; }",
        "a { color: var(--_red-60); }",
        "a { display: none !important; }",
    ] {
        assert!(!untidy_sheet("style/kit/a.css", text).is_empty(), "{text}");
    }
    check(&untidy_sheet(
        "style/kit/a.css",
        "/* red #fff 1rem */ a { white-space: nowrap; color: Canvas; content: \"red\"; background: color-mix(in srgb, currentColor 50%, transparent); }",
    ));
}

#[test]
fn every_sheet_is_in_the_list() {
    let (list, page) = (read("build.rs"), read("index.html"));
    let is_listed = |path: &str| match path.trim_start_matches("style/").trim_end_matches(".css") {
        "page" => page.contains(path),
        name => list.contains(&format!("\"{name}\"")),
    };
    let sheets = files("style", &["css"]);
    let missing = sheets.iter().filter(|(path, _)| !is_listed(path));
    check(
        &missing
            .map(|(path, _)| format!("{path}: neither in build.rs nor in index.html"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_sprite_takes_its_colours_from_the_text() {
    let sprite = read("src/ui/sprite.svg");
    assert!(sprite.contains("<symbol id=\"search\""), "the sprite is read");
    check(&untidy_sheet("src/ui/sprite.svg", &sprite.replace('"', " ")));
}

#[test]
fn nothing_new_lies_at_the_top() {
    let ignored = read(".gitignore");
    let is_known = |name: &str| {
        name.starts_with('.')
            || TOP.split(' ').any(|known| known == name)
            || ignored.lines().any(|line| line.trim_matches('/') == name)
    };
    let names = fs::read_dir(root())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    check(
        &names
            .filter(|name| !is_known(name))
            .map(|name| format!("{name} at the top level"))
            .collect::<Vec<_>>(),
    );
}
