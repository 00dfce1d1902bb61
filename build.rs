//! Joins the style sheets in layer order into one small text, which the page gives to its shadow root.

use std::path::Path;
use std::{env, fs};

/// Every sheet of the shadow root, in layer order. `page.css` is not among them: it is the page's own, linked from index.html.
const SHEETS: &[&str] = &[
    "layers",
    "tokens",
    "base",
    "kit/button",
    "kit/input",
    "kit/badge",
    "kit/meaning",
    "kit/entity",
    "kit/tabs",
    "kit/banner",
    "kit/progress",
    "kit/menu",
    "kit/toast",
    "kit/dialog",
    "kit/list",
    "kit/state",
    "features/shell",
    "features/toolbar",
    "features/grid",
    "features/filters",
    "features/flyout",
    "features/batch",
    "features/dialogs",
    "features/investigation",
    "features/graph",
    "overrides",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=style");
    println!("cargo::rerun-if-changed=build.rs");
    let mut joined = String::new();
    for sheet in SHEETS {
        let path = format!("style/{sheet}.css");
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        minify(&text, &mut joined);
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("style.css"), joined)?;
    Ok(())
}

/// Takes out comments and the white space that separates nothing. Strings stay as they are.
fn minify(text: &str, out: &mut String) {
    let mut rest = text;
    let mut has_space = false;
    while let Some(next) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            has_space = true;
            continue;
        }
        if next.is_whitespace() {
            rest = &rest[next.len_utf8()..];
            has_space = true;
            continue;
        }
        if has_space
            && !matches!(next, '{' | '}' | ';' | ',')
            && !out.ends_with(['{', '}', ';', ',', ':'])
            && !out.is_empty()
        {
            out.push(' ');
        }
        has_space = false;
        if next == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |at| at + 2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        if next == '}' && out.ends_with(';') {
            out.pop();
        }
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
}
