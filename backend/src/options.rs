//! The command line: flags, their defaults, and what is wrong with them, in sentences. Read by hand: a dozen flags of one form
//! need no parser crate.

use std::path::PathBuf;

use crate::access::Role;

/// What `--help` prints.
pub const HELP: &str = "\
Serves the Action center: its API, its page, and sample data.

Usage: action-center-backend [flags]

  --address HOST:PORT   where to listen (127.0.0.1:8080); port 0 takes a free one
  --dist DIR            the built page, served at /
  --database FILE       keep the data in this file
  --memory              keep the data in memory (default)
  --actions N           generate N actions, 10 to 1000000 (2000; 0 with --import); only into an empty database
  --pending N           so many of them wait for a decision
  --pending-only        all of them wait for a decision
  --seed N              the same number gives the same data (1)
  --import FILE         read actions or investigations: JSON or NDJSON of this API, or saved Defender lists
  --simulate            let the data live (default with generated data)
  --no-simulate         let nothing happen by itself but expiry
  --role ROLE           who asks: globalAdministrator, securityAdministrator, securityOperator (default), securityReader
  --user NAME           the name of who asks (Ada Sköld)
  --allow-role-switch   let the headers or cookies X-Role and X-User say who asks, for trying things out
  --require-sign-in     ask who it is first
  --token TOKEN         accept nobody without this bearer token
  --allow-origin ORIGIN let a page of another origin ask (CORS)
  --comment-required OPS operations that need a comment, such as reject,undo (none)
  --max-page-size N     rows in a page at most (10000)
  --help                this text
";

/// Where the data is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Storage {
    /// In memory, gone with the process.
    Memory,
    /// In a file.
    File(PathBuf),
}

/// The command line as it was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// `HOST:PORT`.
    pub address: String,
    /// Where the data is kept.
    pub storage: Storage,
    /// The built page.
    pub dist: Option<PathBuf>,
    /// Actions to generate; none means the default.
    pub n_actions: Option<usize>,
    /// Of them pending; none means a share.
    pub n_pending: Option<usize>,
    /// All of them are pending.
    pub is_pending_only: bool,
    /// Of the generated data.
    pub seed: u64,
    /// What to import.
    pub import: Option<PathBuf>,
    /// Whether things happen by themselves; none means with generated data.
    pub simulate: Option<bool>,
    /// Who asks.
    pub role: Role,
    /// The name of who asks.
    pub user: String,
    /// Whether a request may say who asks.
    pub allows_role_switch: bool,
    /// Whether to ask who it is first.
    pub requires_sign_in: bool,
    /// The bearer token without which nobody is accepted.
    pub token: Option<String>,
    /// The other origin that may ask.
    pub allowed_origin: Option<String>,
    /// Operations that need a comment.
    pub comment_required: Vec<String>,
    /// Rows in a page at most.
    pub max_page_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8080".to_owned(),
            storage: Storage::Memory,
            dist: None,
            n_actions: None,
            n_pending: None,
            is_pending_only: false,
            seed: 1,
            import: None,
            simulate: None,
            role: Role::SecurityOperator,
            user: "Ada Sköld".to_owned(),
            allows_role_switch: false,
            requires_sign_in: false,
            token: None,
            allowed_origin: None,
            comment_required: Vec::new(),
            max_page_size: 10_000,
        }
    }
}

/// What a command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Print the help.
    Help,
    /// Serve.
    Serve(Box<Options>),
}

/// The fewest and the most actions that are generated.
pub const ACTIONS_RANGE: std::ops::RangeInclusive<usize> = 10..=1_000_000;

impl Options {
    /// Reads the arguments, without the program's own name. `--flag value` and `--flag=value` are the same.
    ///
    /// # Errors
    /// A sentence that names the flag and says what it takes.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        let mut is_storage_given = false;
        while let Some(argument) = arguments.next() {
            let (flag, mut inline) = match argument.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
                _ => (argument, None),
            };
            let is_switch = matches!(
                flag.as_str(),
                "--memory"
                    | "--pending-only"
                    | "--simulate"
                    | "--no-simulate"
                    | "--allow-role-switch"
                    | "--require-sign-in"
                    | "--help"
                    | "-h"
            );
            if is_switch && inline.is_some() {
                return Err(format!("{flag} takes no value."));
            }
            let mut value = || {
                inline
                    .take()
                    .or_else(|| arguments.next())
                    .filter(|value| !value.is_empty())
                    .ok_or_else(|| format!("{flag} needs a value."))
            };
            match flag.as_str() {
                "--help" | "-h" => return Ok(Command::Help),
                "--address" => options.address = value()?,
                "--dist" => options.dist = Some(value()?.into()),
                "--memory" | "--database" => {
                    if is_storage_given {
                        return Err("--memory and --database exclude each other; give one, once.".to_owned());
                    }
                    is_storage_given = true;
                    if flag == "--database" {
                        options.storage = Storage::File(value()?.into());
                    }
                }
                "--actions" => options.n_actions = Some(number(&flag, &value()?, ACTIONS_RANGE)?),
                "--pending" => {
                    options.n_pending = Some(number(&flag, &value()?, 0..=*ACTIONS_RANGE.end())?);
                }
                "--pending-only" => options.is_pending_only = true,
                "--seed" => {
                    options.seed = value()?
                        .parse()
                        .map_err(|_| "--seed takes a whole number that is not negative.".to_owned())?;
                }
                "--import" => options.import = Some(value()?.into()),
                "--simulate" => options.simulate = Some(true),
                "--no-simulate" => options.simulate = Some(false),
                "--role" => {
                    let word = value()?;
                    options.role = Role::parse(&word).ok_or_else(|| {
                        format!(
                            "--role takes {}, not “{word}”.",
                            Role::ALL.map(Role::word).join(", ")
                        )
                    })?;
                }
                "--user" => options.user = value()?,
                "--allow-role-switch" => options.allows_role_switch = true,
                "--require-sign-in" => options.requires_sign_in = true,
                "--token" => options.token = Some(value()?),
                "--allow-origin" => {
                    let origin = value()?;
                    let is_origin = origin.split_once("://").is_some_and(|(scheme, host)| {
                        matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')
                    });
                    if !is_origin {
                        return Err(
                            "--allow-origin takes an origin such as https://portal.example.".to_owned()
                        );
                    }
                    options.allowed_origin = Some(origin);
                }
                "--comment-required" => {
                    for word in value()?.split(',') {
                        if action_center_core::domain::action::Operation::parse(word).is_none() {
                            return Err(format!(
                                "--comment-required takes approve, reject, undo and cancel, joined by commas, not “{word}”."
                            ));
                        }
                        options.comment_required.push(word.to_owned());
                    }
                }
                "--max-page-size" => options.max_page_size = number(&flag, &value()?, 1..=100_000)?,
                other => return Err(format!("“{other}” is no flag; --help lists them.")),
            }
        }
        if options.requires_sign_in && options.token.is_some() {
            return Err("--require-sign-in and --token exclude each other.".to_owned());
        }
        Ok(Command::Serve(Box::new(options)))
    }

    /// How many actions to generate: as asked for; 2,000 otherwise, none beside an import.
    #[must_use]
    pub fn n_actions_to_generate(&self) -> usize {
        self.n_actions
            .unwrap_or(if self.import.is_some() { 0 } else { 2_000 })
    }
}

fn number(flag: &str, text: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize, String> {
    text.replace('_', "")
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            format!(
                "{flag} takes a whole number from {} to {}, not “{text}”.",
                range.start(),
                range.end()
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Command, String> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    fn check_error(text: &str, part: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.contains(part) && error.ends_with('.'), "{text}: {error}");
    }

    #[test]
    fn no_flag_means_the_defaults() {
        assert_eq!(parse(""), Ok(Command::Serve(Box::default())));
    }

    #[test]
    fn both_forms_of_a_flag_are_read() {
        let Ok(Command::Serve(options)) = parse(
            "--address 127.0.0.1:0 --actions=10_000 --database data.sqlite --role securityReader --no-simulate --comment-required reject,undo",
        ) else {
            panic!("flags are read");
        };
        assert_eq!(options.address, "127.0.0.1:0");
        assert_eq!(options.n_actions_to_generate(), 10_000);
        assert_eq!(options.storage, Storage::File("data.sqlite".into()));
        assert_eq!(options.role, Role::SecurityReader);
        assert_eq!(options.simulate, Some(false));
        assert_eq!(options.comment_required, ["reject", "undo"]);
        assert_eq!(parse("--seed 1 --help"), Ok(Command::Help));
    }

    #[test]
    fn an_import_stands_alone_unless_actions_are_asked_for() {
        for (text, expected) in [("--import a.json", 0), ("--import a.json --actions 10", 10)] {
            let Ok(Command::Serve(options)) = parse(text) else {
                panic!("flags are read");
            };
            assert_eq!(options.n_actions_to_generate(), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        check_error("--actions 9", "10 to 1000000");
        check_error("--actions many", "not “many”");
        check_error("--actions", "--actions needs a value");
        check_error("--memory --database x", "exclude each other");
        check_error("--memory=yes", "takes no value");
        check_error("--role king", "securityReader");
        check_error("--fast", "“--fast” is no flag");
        check_error("serve", "“serve” is no flag");
        check_error("--seed -1", "not negative");
        check_error("--token a --require-sign-in", "exclude each other");
        check_error("--allow-origin portal", "an origin");
        check_error("--comment-required approve,sing", "not “sing”");
    }
}
