//! Who asks and what they may do: roles, permissions, sessions by cookie or bearer token, the token against cross-site requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use action_center_core::domain::action::{Action, Operation};
use axum::http::{HeaderMap, header};

use crate::options::Options;
use crate::problem::Problem;

/// What a user is in the organisation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// May do everything.
    GlobalAdministrator,
    /// May do everything.
    SecurityAdministrator,
    /// Decides, but not about the most critical assets.
    SecurityOperator,
    /// Reads.
    SecurityReader,
}

impl Role {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 4] = [
        Self::GlobalAdministrator,
        Self::SecurityAdministrator,
        Self::SecurityOperator,
        Self::SecurityReader,
    ];

    /// The word in the session.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "globalAdministrator",
            Self::SecurityAdministrator => "securityAdministrator",
            Self::SecurityOperator => "securityOperator",
            Self::SecurityReader => "securityReader",
        }
    }

    /// The name, for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "Global administrator",
            Self::SecurityAdministrator => "Security administrator",
            Self::SecurityOperator => "Security operator",
            Self::SecurityReader => "Security reader",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Its permissions.
    #[must_use]
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::GlobalAdministrator | Self::SecurityAdministrator | Self::SecurityOperator => &[
                "actions.read",
                "actions.approve",
                "actions.reject",
                "actions.undo",
                "actions.cancel",
                "investigations.read",
            ],
            Self::SecurityReader => &["actions.read", "investigations.read"],
        }
    }

    /// Whether it has a permission.
    #[must_use]
    pub fn may(self, permission: &str) -> bool {
        self.permissions().contains(&permission)
    }

    /// Whether it may decide about an asset of the highest criticality.
    #[must_use]
    pub fn is_administrator(self) -> bool {
        matches!(self, Self::GlobalAdministrator | Self::SecurityAdministrator)
    }
}

/// Whether an action is for administrators alone: one that cuts off an asset of the highest criticality.
#[must_use]
pub fn is_guarded(action: &Action) -> bool {
    let is_critical = action
        .asset
        .as_ref()
        .and_then(|asset| asset.criticality.as_deref())
        == Some("veryHigh");
    is_critical
        && matches!(
            action.action_type.as_str(),
            "isolateDevice"
                | "containDevice"
                | "offboardDevice"
                | "restrictCodeExecution"
                | "containUser"
                | "disableUser"
                | "resetPassword"
        )
}

/// Why a user may not do something to an action now; none means that they may.
#[must_use]
pub fn blocked_reason(action: &Action, operation: Operation, role: Role) -> Option<String> {
    if !role.may(operation.permission()) {
        return Some(format!(
            "Your role, {}, may read but not decide.",
            role.title().to_lowercase()
        ));
    }
    if is_guarded(action) && !role.is_administrator() {
        return Some(
            "Needs the role Security administrator: the asset is of very high criticality.".to_owned(),
        );
    }
    if operation.fits(&action.status, action.reversible == Some(true)) {
        return None;
    }
    let status = action_center_core::domain::words::humanise(&action.status).to_lowercase();
    Some(match operation {
        Operation::Approve | Operation::Reject => format!("It no longer waits for a decision: {status}."),
        Operation::Cancel => format!("Only what is queued or in progress can be cancelled: {status}."),
        Operation::Undo if action.reversible != Some(true) => {
            "This kind of action can’t be undone.".to_owned()
        }
        Operation::Undo => format!("Only what is completed can be undone: {status}."),
    })
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visitor {
    /// Opaque id.
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// The role.
    pub role: Role,
    /// What a decision must carry; none with a bearer token, which no other site can send.
    pub csrf_token: Option<String>,
    /// The session's cookie, where there is one: its end ends the visitor's streams.
    pub session: Option<String>,
}

impl Visitor {
    /// Refuses a visitor who lacks a permission.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn need(&self, permission: &str) -> Result<(), Problem> {
        if self.role.may(permission) {
            Ok(())
        } else {
            Err(Problem::forbidden(format!(
                "the role {} lacks {permission}",
                self.role.word()
            )))
        }
    }

    /// Refuses a request that may come from another site.
    ///
    /// # Errors
    /// 403 `csrf-token-invalid`.
    pub fn check_csrf(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(expected) = &self.csrf_token else {
            return Ok(());
        };
        let given = headers
            .get("x-csrf-token")
            .map_or(&b""[..], |value| value.as_bytes());
        if is_same(given, expected.as_bytes()) {
            Ok(())
        } else {
            Err(Problem::csrf())
        }
    }
}

/// Compares secrets without telling by the time taken where they differ.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |difference, (left, right)| difference | (left ^ right))
            == 0
}

/// 128 bits from the system, as hexadecimal digits.
///
/// # Errors
/// Where the system gives none.
pub fn random_token() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

struct SignedIn {
    name: String,
    role: Role,
    csrf_token: String,
}

/// Decides who asks.
pub struct Access {
    role: Role,
    user: String,
    allows_role_switch: bool,
    requires_sign_in: bool,
    token: Option<String>,
    csrf_token: String,
    sessions: Mutex<HashMap<String, SignedIn>>,
}

/// Where to sign in, relative to the page.
pub const SIGN_IN: &str = "/sign-in";

impl Access {
    /// Reads the options.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn new(options: &Options) -> Result<Self, String> {
        Ok(Self {
            role: options.role,
            user: options.user.clone(),
            allows_role_switch: options.allows_role_switch,
            requires_sign_in: options.requires_sign_in,
            token: options.token.clone(),
            csrf_token: random_token()?,
            sessions: Mutex::default(),
        })
    }

    /// Whether there is a page to sign in on.
    #[must_use]
    pub fn has_sign_in(&self) -> bool {
        self.requires_sign_in
    }

    /// Who sent a request.
    ///
    /// # Errors
    /// 401 `unauthenticated`.
    pub fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Problem> {
        if let Some(token) = &self.token {
            let given = headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok())
                .and_then(|value| value.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map_or("", |(_, token)| token.trim());
            if !is_same(given.as_bytes(), token.as_bytes()) {
                return Err(Problem::unauthenticated(None));
            }
            return Ok(self.named(headers, None));
        }
        if self.requires_sign_in {
            let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            let session = cookie(headers, "session").unwrap_or_default();
            return sessions
                .get(&session)
                .map(|signed_in| Visitor {
                    id: user_id(&signed_in.name),
                    name: signed_in.name.clone(),
                    role: signed_in.role,
                    csrf_token: Some(signed_in.csrf_token.clone()),
                    session: Some(session),
                })
                .ok_or_else(|| Problem::unauthenticated(Some(SIGN_IN)));
        }
        Ok(self.named(headers, Some(self.csrf_token.clone())))
    }

    /// The visitor of the options, or the one that the request names where it may.
    fn named(&self, headers: &HeaderMap, csrf_token: Option<String>) -> Visitor {
        let said = |name: &str| {
            let header = headers
                .get(name)
                .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
            header
                .map(str::to_owned)
                .or_else(|| cookie(headers, name))
                .filter(|value| self.allows_role_switch && !value.is_empty())
        };
        let name = said("x-user").unwrap_or_else(|| self.user.clone());
        let role = said("x-role")
            .and_then(|word| Role::parse(&word))
            .unwrap_or(self.role);
        Visitor {
            id: user_id(&name),
            name,
            role,
            csrf_token,
            session: None,
        }
    }

    /// Starts a session and gives its cookie's value.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn sign_in(&self, name: &str, role: Role) -> Result<String, String> {
        let session = random_token()?;
        let csrf_token = random_token()?;
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        // A trial backend has a handful of users; a flood of sign-ins must not fill the memory.
        if sessions.len() >= 10_000 {
            sessions.clear();
        }
        sessions.insert(
            session.clone(),
            SignedIn {
                name: name.to_owned(),
                role,
                csrf_token,
            },
        );
        Ok(session)
    }

    /// Ends a request's session.
    pub fn sign_out(&self, headers: &HeaderMap) {
        if let Some(session) = cookie(headers, "session") {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.remove(&session);
        }
    }

    /// Whether a visitor's session still holds.
    #[must_use]
    pub fn holds(&self, visitor: &Visitor) -> bool {
        visitor.session.as_ref().is_none_or(|session| {
            let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.contains_key(session)
        })
    }
}

/// An id from a name: the same name is the same user.
fn user_id(name: &str) -> String {
    let mut id = String::from("user-");
    for character in name.chars() {
        if character.is_alphanumeric() {
            id.extend(character.to_lowercase());
        } else if !id.ends_with('-') {
            id.push('-');
        }
    }
    id
}

/// A cookie's value (RFC 6265, 5.4), its percent escapes read.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(given, _)| given.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| {
            let pairs = action_center_core::domain::query::pairs(&format!("v={value}"));
            pairs.into_iter().next().map(|(_, value)| value)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn access(change: impl FnOnce(&mut Options)) -> Access {
        let mut options = Options::default();
        change(&mut options);
        Access::new(&options).unwrap()
    }

    #[test]
    fn a_request_names_its_role_only_where_that_is_allowed() {
        let asked = headers(&[("x-role", "securityReader"), ("x-user", "Bo Lind")]);
        let by_cookie = headers(&[("cookie", "a=b; X-Role=securityReader; x-user=Bo%20Lind")]);
        for (allows, role, name) in [
            (false, Role::SecurityOperator, "Ada Sköld"),
            (true, Role::SecurityReader, "Bo Lind"),
        ] {
            let access = access(|options| options.allows_role_switch = allows);
            for headers in [&asked, &by_cookie] {
                let visitor = access.visitor(headers).unwrap();
                assert_eq!((visitor.role, visitor.name.as_str()), (role, name));
            }
        }
    }

    #[test]
    fn a_bearer_token_must_be_the_right_one() {
        let access = access(|options| options.token = Some("secret".to_owned()));
        for (given, is_accepted) in [
            ("", false),
            ("Bearer ", false),
            ("Bearer secre", false),
            ("Basic secret", false),
            ("Bearer secret", true),
            ("bearer secret", true),
        ] {
            let visitor = access.visitor(&headers(&[("authorization", given)]));
            assert_eq!(visitor.is_ok(), is_accepted, "{given}");
        }
    }

    #[test]
    fn a_session_lasts_from_sign_in_to_sign_out() {
        let access = access(|options| options.requires_sign_in = true);
        assert!(access.visitor(&HeaderMap::new()).is_err());
        let session = access.sign_in("Bo", Role::SecurityReader).unwrap();
        let headers = headers(&[("cookie", &format!("session={session}"))]);
        let visitor = access.visitor(&headers).unwrap();
        assert_eq!(visitor.role, Role::SecurityReader);
        assert!(access.holds(&visitor));
        access.sign_out(&headers);
        assert!(!access.holds(&visitor) && access.visitor(&headers).is_err());
    }

    #[test]
    fn a_reader_may_do_nothing_and_learns_why() {
        let action = Action {
            status: "pending".to_owned(),
            ..Action::default()
        };
        for operation in Operation::ALL {
            let reason = blocked_reason(&action, operation, Role::SecurityReader);
            assert!(reason.is_some_and(|reason| reason.contains("security reader")));
        }
        assert_eq!(
            blocked_reason(&action, Operation::Approve, Role::SecurityOperator),
            None
        );
    }
}
