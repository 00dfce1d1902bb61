//! What is kept in this browser. Everything read from here is untrusted; writing may fail.

use web_sys::Storage;

fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// What is kept under a name.
pub(crate) fn read(name: &str) -> Option<String> {
    local()?.get_item(name).ok().flatten()
}

/// Keeps a text under a name; says whether that worked.
pub(crate) fn write(name: &str, text: &str) -> bool {
    local().is_some_and(|storage| storage.set_item(name, text).is_ok())
}

/// Forgets what is kept under a name.
pub(crate) fn remove(name: &str) {
    if let Some(storage) = local() {
        let _removed = storage.remove_item(name);
    }
}

/// All names that start so, with what is kept under them.
pub(crate) fn all(prefix: &str) -> Vec<(String, String)> {
    let Some(storage) = local() else {
        return Vec::new();
    };
    let count = storage.length().unwrap_or(0);
    (0..count)
        .filter_map(|index| storage.key(index).ok().flatten())
        .filter(|name| name.starts_with(prefix))
        .filter_map(|name| storage.get_item(&name).ok().flatten().map(|text| (name, text)))
        .collect()
}

const TABS: &str = "action-center.tabs";

fn of_tab() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// A name for a page that is being mounted: one that a page of this tab left behind, or a new one. A tab that is duplicated takes
/// a copy of what is kept for the tab along; so a name is kept there only while nobody bears it.
pub(crate) fn take_tab() -> String {
    let kept = of_tab()
        .and_then(|storage| storage.get_item(TABS).ok().flatten())
        .unwrap_or_default();
    if let Some((name, rest)) = kept.split_once(' ') {
        if let Some(storage) = of_tab() {
            let _written = storage.set_item(TABS, rest);
        }
        return name.to_owned();
    }
    super::clock::random_name()
}

/// Leaves a page's name behind for the next.
pub(crate) fn keep_tab(name: &str) {
    if let Some(storage) = of_tab() {
        let mut kept = storage.get_item(TABS).ok().flatten().unwrap_or_default();
        if kept.len() < 2_000 && !kept.split(' ').any(|known| known == name) {
            kept.push_str(name);
            kept.push(' ');
            let _written = storage.set_item(TABS, &kept);
        }
    }
}
