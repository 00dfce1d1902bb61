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
