//! Where and how the backend is reached: the defaults, config.json, then the element's attributes, which win.
//! What is not understood is named; the rest holds.

use action_center_core::domain::query::Problem;
use action_center_core::wire;

use crate::api::Credentials;

/// The settings of one mounted page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Where the API is, relative to the document or absolute.
    pub(crate) api_base: String,
    /// Which cookies go along.
    pub(crate) credentials: Credentials,
    /// Rows that are kept in memory, at most.
    pub(crate) row_budget: usize,
    /// Rows in a page that is asked for.
    pub(crate) page_size: usize,
    /// Seconds between polls where the backend has no events.
    pub(crate) poll_seconds: u32,
    /// The portal's page of an investigation, with `{id}`.
    pub(crate) investigation_link: Option<String>,
    /// The portal's page of an alert, with `{id}`.
    pub(crate) alert_link: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_base: "api/v1".to_owned(),
            credentials: Credentials::SameOrigin,
            row_budget: 1_000_000,
            page_size: 10_000,
            poll_seconds: 30,
            investigation_link: None,
            alert_link: None,
        }
    }
}

/// Attributes of the element and the settings that they stand for.
const ATTRIBUTES: [(&str, &str); 7] = [
    ("api-base", "apiBase"),
    ("credentials", "credentials"),
    ("row-budget", "rowBudget"),
    ("page-size", "pageSize"),
    ("poll-seconds", "pollSeconds"),
    ("link-investigation", "links.investigation"),
    ("link-alert", "links.alert"),
];

impl Settings {
    /// Takes what config.json says.
    pub(crate) fn read_config(&mut self, body: &[u8], problems: &mut Vec<Problem>) {
        match wire::read_settings(body) {
            Ok(members) => {
                for (name, value) in members {
                    self.take(&name, &value, problems);
                }
            }
            Err(_) => problems.push(Problem::new(
                "config.json",
                "is no JSON object; the defaults hold",
            )),
        }
    }

    /// Takes what the element's attributes say.
    pub(crate) fn read_attributes(&mut self, host: &web_sys::HtmlElement, problems: &mut Vec<Problem>) {
        for (attribute, name) in ATTRIBUTES {
            if let Some(value) = host.get_attribute(attribute) {
                self.take(name, &value, problems);
            }
        }
    }

    fn take(&mut self, name: &str, value: &str, problems: &mut Vec<Problem>) {
        let mut wrong = |detail: &str| problems.push(Problem::new(name, detail));
        let number = |range: std::ops::RangeInclusive<usize>| {
            value.parse().ok().filter(|number| range.contains(number))
        };
        match name {
            "apiBase" if !value.trim().is_empty() => value.trim().clone_into(&mut self.api_base),
            "apiBase" => wrong("is empty"),
            "credentials" => match value {
                "same-origin" => self.credentials = Credentials::SameOrigin,
                "include" => self.credentials = Credentials::Include,
                "omit" => self.credentials = Credentials::Omit,
                _ => wrong("is none of same-origin, include, omit"),
            },
            "rowBudget" => match number(1..=20_000_000) {
                Some(rows) => self.row_budget = rows,
                None => wrong("is no whole number from 1 to 20,000,000"),
            },
            "pageSize" => match number(1..=100_000) {
                Some(rows) => self.page_size = rows,
                None => wrong("is no whole number from 1 to 100,000"),
            },
            "pollSeconds" => match number(1..=86_400) {
                Some(seconds) => self.poll_seconds = seconds as u32,
                None => wrong("is no whole number from 1 to 86,400"),
            },
            "links.investigation" | "links.alert" => {
                let is_link = value.contains("{id}")
                    && action_center_core::domain::text::safe_link(&value.replace("{id}", "1")).is_some();
                if !is_link {
                    wrong("is no http or https address with {id}");
                } else if name == "links.alert" {
                    self.alert_link = Some(value.to_owned());
                } else {
                    self.investigation_link = Some(value.to_owned());
                }
            }
            _ => wrong("is not known"),
        }
    }
}
