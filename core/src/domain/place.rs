//! Where the user is, as the page's URL says it: the query, the open action or investigation, and the columns
//! where they differ from the default. A link opened by a colleague shows the same.

use super::column::{Column, columns_of};
use super::query::{Problem, Query, View, push_pair};

/// Everything that the page's URL says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Which rows.
    pub query: Query,
    /// The action that is open in the flyout.
    pub action: Option<String>,
    /// The investigation whose page is open.
    pub investigation: Option<String>,
    /// The tab of the investigation's page, where it is not the first.
    pub tab: Option<String>,
    /// The columns shown, in order; none means the view's default or the user's own choice.
    pub columns: Option<Vec<Column>>,
}

impl Place {
    /// The URL's part after `#/` or `?`; empty for the default.
    #[must_use]
    pub fn to_url(&self) -> String {
        let mut out = self.query.to_url();
        if let Some(columns) = &self.columns {
            let mut text = String::new();
            for column in columns {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(column.info().member);
            }
            push_pair(&mut out, "columns", &text);
        }
        for (name, value) in [
            ("investigation", &self.investigation),
            ("tab", &self.tab),
            ("action", &self.action),
        ] {
            if let Some(value) = value {
                push_pair(&mut out, name, value);
            }
        }
        out
    }

    /// Reads such a part. What is not understood is left out and named.
    #[must_use]
    pub fn from_url(text: &str) -> (Self, Vec<Problem>) {
        let (query, mut problems, others) = Query::from_url(text);
        let mut place = Self {
            query,
            ..Self::default()
        };
        for (name, value) in others {
            let is_given = !value.is_empty();
            match name.as_str() {
                "action" if is_given => place.action = Some(value),
                "investigation" if is_given => place.investigation = Some(value),
                "tab" if is_given => place.tab = Some(value),
                "columns" => place.columns = read_columns(&value, place.query.view, &mut problems),
                _ => problems.push(Problem::new(&name, "is not known to this page")),
            }
        }
        (place, problems)
    }
}

/// Reads members joined by dots; unknown and repeated ones are named and left out. None where nothing is left.
fn read_columns(text: &str, view: View, problems: &mut Vec<Problem>) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    for member in text.split('.').take(64) {
        match Column::parse(member, view).filter(|column| columns_of(view).0.contains(column)) {
            Some(column) if !columns.contains(&column) => columns.push(column),
            Some(_) => {}
            None => problems.push(Problem::new(
                "columns",
                "names a column that this list does not have",
            )),
        }
    }
    (!columns.is_empty()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, canonical: &str, n_problems: usize) {
        let (place, problems) = Place::from_url(text);
        assert_eq!(place.to_url(), canonical, "{text}");
        assert_eq!(problems.len(), n_problems, "{text}: {problems:?}");
    }

    #[test]
    fn a_place_is_read_and_written() {
        check("", "", 0);
        check("action=a%201&view=history", "view=history&action=a%201", 0);
        check("columns=entity.id", "columns=entity.id", 0);
        check("columns=entity.entity.nothing", "columns=entity", 1);
        check("columns=", "", 1);
        check(
            "investigation=7&tab=evidence&x=1",
            "investigation=7&tab=evidence",
            1,
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_settles(text in "[a-z=&.%A-Z0-9]{0,60}") {
            let (place, _problems) = Place::from_url(&text);
            let (again, problems) = Place::from_url(&place.to_url());
            prop_assert_eq!(again, place);
            prop_assert!(problems.is_empty());
        }
    }
}
