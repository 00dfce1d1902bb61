//! Where and how the backend is reached: the defaults, config.json, then the element's attributes, which win.
//! What is not understood is named; the rest holds.

use action_center_core::domain::query::{Problem, push_encoded};
use action_center_core::domain::text;
use action_center_core::wire::{self, Setting};

use crate::api::Credentials;
use crate::ui::browser::address;

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
                    match &value {
                        Setting::Text(text) => self.take(&name, Some(text), None, problems),
                        Setting::Other(raw) => self.take(&name, None, Some(raw), problems),
                    }
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
                // An attribute is a text, whatever it says.
                self.take(name, Some(&value), Some(&value), problems);
            }
        }
    }

    /// Takes a value: as a text, as a number as it stands, or as either.
    fn take(&mut self, name: &str, text: Option<&str>, number: Option<&str>, problems: &mut Vec<Problem>) {
        let mut wrong = |detail: &str| problems.push(Problem::new(name, detail));
        let number = |max: usize| {
            number
                .and_then(|number| number.parse().ok())
                .filter(|number| (1..=max).contains(number))
        };
        match name {
            "apiBase" => match text.map(str::trim) {
                None => wrong("is no text"),
                Some("") => wrong("is empty"),
                Some(base) if base.contains(['?', '#']) => wrong("has a ? or #, which no base may have"),
                Some(base) if !is_of_the_web(base) => wrong("is no http or https address"),
                Some(base) => base.clone_into(&mut self.api_base),
            },
            "credentials" => match text {
                Some("same-origin") => self.credentials = Credentials::SameOrigin,
                Some("include") => self.credentials = Credentials::Include,
                Some("omit") => self.credentials = Credentials::Omit,
                _ => wrong("is none of same-origin, include, omit"),
            },
            "rowBudget" => match number(20_000_000) {
                Some(rows) => self.row_budget = rows,
                None => wrong("is no whole number from 1 to 20,000,000"),
            },
            "pageSize" => match number(100_000) {
                Some(rows) => self.page_size = rows,
                None => wrong("is no whole number from 1 to 100,000"),
            },
            "pollSeconds" => match number(86_400) {
                Some(seconds) => self.poll_seconds = seconds as u32,
                None => wrong("is no whole number from 1 to 86,400"),
            },
            "links" => wrong("is no object with investigation or alert"),
            "links.investigation" | "links.alert" => {
                let template =
                    text.filter(|template| template.contains("{id}") && link_of(template, "1").is_some());
                match template.map(str::to_owned) {
                    None => wrong("is no http or https address with {id}"),
                    template if name == "links.alert" => self.alert_link = template,
                    template => self.investigation_link = template,
                }
            }
            _ => wrong("is not known"),
        }
    }
}

fn is_of_the_web(relative: &str) -> bool {
    address::resolve(relative).is_some_and(|url| text::safe_link(&url).is_some())
}

/// The address that a template gives for an id, relative to the document; none that could run something.
pub(crate) fn link_of(template: &str, id: &str) -> Option<String> {
    let mut encoded = String::new();
    push_encoded(&mut encoded, id);
    let link = template.replace("{id}", &encoded);
    address::resolve(text::safe_link_or_relative(&link)?).filter(|url| text::safe_link(url).is_some())
}
