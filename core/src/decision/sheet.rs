//! A confirmation while it is open: the sheet of a batch, or the flyout. A change that arrives meanwhile voids the
//! confirmation of that item: what is signed is what was on screen.

use super::intent::Item;

/// An item that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetItem {
    /// As it was on screen when the sheet opened.
    pub item: Item,
    /// The version that came since; then this item is not confirmed.
    pub newer_version: Option<String>,
    /// Whether the action is gone from this user's sight; then this item is not confirmed.
    pub is_gone: bool,
    /// When the action expires, Unix time in milliseconds by the server's clock.
    pub expires_at_millis: Option<u64>,
}

/// The frozen list behind an open confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    items: Vec<SheetItem>,
}

impl Sheet {
    /// Freezes what is on screen.
    #[must_use]
    pub fn open(items: impl IntoIterator<Item = (Item, Option<u64>)>) -> Self {
        let frozen = |(item, expires_at_millis)| SheetItem {
            item,
            newer_version: None,
            is_gone: false,
            expires_at_millis,
        };
        Self {
            items: items.into_iter().map(frozen).collect(),
        }
    }

    /// Every item, in order, voided or not.
    #[must_use]
    pub fn items(&self) -> &[SheetItem] {
        &self.items
    }

    /// An event or a page showed this version of an action. Answers whether that voided an item.
    pub fn observed(&mut self, id: &str, version: &str) -> bool {
        let found = self.items.iter().position(|it| it.item.id == id);
        found.is_some_and(|index| self.observed_at(index, version))
    }

    /// The same for the item at a place of the list.
    pub fn observed_at(&mut self, index: usize, version: &str) -> bool {
        let Some(found) = self.items.get_mut(index) else {
            return false;
        };
        // Back at the version on screen can only be an old message: what was voided stays so.
        if found.item.version == version || found.newer_version.as_deref() == Some(version) {
            return false;
        }
        found.newer_version = Some(version.to_owned());
        true
    }

    /// The action is gone from this user's sight. Answers whether that voided an item.
    pub fn gone(&mut self, id: &str) -> bool {
        match self.items.iter_mut().find(|it| it.item.id == id && !it.is_gone) {
            None => false,
            Some(found) => {
                found.is_gone = true;
                true
            }
        }
    }

    /// The person has seen the newer version and signs that one.
    pub fn accept(&mut self, id: &str) {
        for found in self.items.iter_mut().filter(|it| it.item.id == id) {
            if let Some(version) = found.newer_version.take() {
                found.item.version = version;
            }
        }
    }

    /// What a click confirms at this moment of the server's clock: neither what was voided nor what has expired.
    #[must_use]
    pub fn confirmable(&self, server_now_millis: u64) -> Vec<Item> {
        let is_open = |it: &&SheetItem| {
            it.newer_version.is_none()
                && !it.is_gone
                && it
                    .expires_at_millis
                    .is_none_or(|expires_at_millis| server_now_millis < expires_at_millis)
        };
        self.items
            .iter()
            .filter(is_open)
            .map(|it| it.item.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, version: &str) -> Item {
        Item {
            id: id.to_owned(),
            version: version.to_owned(),
        }
    }

    fn check(sheet: &Sheet, now_millis: u64, expected: &[&str]) {
        let ids: Vec<String> = sheet
            .confirmable(now_millis)
            .into_iter()
            .map(|item| item.id)
            .collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn a_change_voids_the_confirmation_of_its_item_alone() {
        let mut sheet = Sheet::open([
            (item("a", "1"), None),
            (item("b", "1"), None),
            (item("c", "1"), None),
        ]);
        check(&sheet, 0, &["a", "b", "c"]);
        assert!(!sheet.observed("a", "1"));
        assert!(sheet.observed("b", "2"));
        assert!(!sheet.observed("b", "2"));
        assert!(!sheet.observed("z", "2"));
        assert!(sheet.gone("c"));
        assert!(!sheet.gone("c"));
        check(&sheet, 0, &["a"]);
        assert!(!sheet.observed("b", "1"));
        check(&sheet, 0, &["a"]);
    }

    #[test]
    fn a_newer_version_is_signed_once_it_was_seen() {
        let mut sheet = Sheet::open([(item("a", "1"), None)]);
        sheet.observed("a", "2");
        sheet.accept("a");
        assert_eq!(sheet.confirmable(0), [item("a", "2")]);
    }

    #[test]
    fn a_slow_click_does_not_confirm_what_has_expired() {
        let sheet = Sheet::open([(item("a", "1"), Some(1_000)), (item("b", "1"), None)]);
        check(&sheet, 999, &["a", "b"]);
        check(&sheet, 1_000, &["b"]);
    }
}
