//! The program: reads the flags, fills the database, serves until it is told to stop.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use action_center_backend::clock::Clock;
use action_center_backend::database::{MAX_DIRTY, MIN_INDEXED};
use action_center_backend::options::{Command, HELP, Options};
use action_center_backend::sample::Plan;
use action_center_backend::simulate::STEP_SECONDS;
use action_center_backend::{State, app, import, load};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Command::Serve(options)) => *options,
        Err(sentence) => return refuse(&sentence),
    };
    if let Some(dist) = &options.dist
        && !dist.is_dir()
    {
        return refuse(&format!(
            "--dist takes a folder; {} is none. Build the page first.",
            dist.display()
        ));
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("The system gives no threads: {error}.")),
    };
    let served = runtime.block_on(serve(&options));
    // Sorting in the background need not end first.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => refuse(&sentence),
    }
}

/// Writes to stdout; where nobody reads it, there is nothing to do about it.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn refuse(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::from(2)
}

async fn serve(options: &Options) -> Result<(), String> {
    let clock = Clock::system();
    // The address first: a port in use is told at once, not after a minute of generating.
    let listener = TcpListener::bind(&options.address).await.map_err(|error| {
        format!(
            "{} can’t be listened on: {error}. Choose another --address.",
            options.address
        )
    })?;
    let state = State::open(options, clock.clone())?;
    fill(&state, options, &clock)?;
    let address = listener
        .local_addr()
        .map_err(|error| format!("The address can’t be told: {error}."))?;
    let warming = Arc::clone(&state);
    tokio::task::spawn_blocking(move || warming.database.warm());
    // Saved data stays as it is, unless asked otherwise.
    let has_generated = state
        .database
        .read(|connection, _| load::n_cases(connection))
        .map_err(|error| format!("The database can’t be read: {error}."))?
        > 0;
    let simulates = options.simulate.unwrap_or(has_generated);
    let living = tokio::spawn(live(Arc::clone(&state), simulates.then_some(options.seed)));
    say(&format!("listening on http://{address}/\n"));
    let stopping = Arc::clone(&state);
    let served = axum::serve(listener, app(state)).with_graceful_shutdown(async move {
        stop_signal().await;
        stopping.hub.close();
    });
    // A stuck connection must not keep the program from stopping.
    let result = tokio::select! {
        result = served => result.map_err(|error| format!("Serving failed: {error}.")),
        () = async { stop_signal().await; tokio::time::sleep(Duration::from_secs(3)).await; } => Ok(()),
    };
    living.abort();
    result
}

fn fill(state: &State, options: &Options, clock: &Clock) -> Result<(), String> {
    let failed = |error: rusqlite::Error| format!("The database can’t be filled: {error}.");
    let n_generated = options.n_actions_to_generate();
    let is_empty = load::n_actions(state).map_err(failed)? == 0;
    if is_empty && n_generated > 0 {
        generate(state, options, n_generated, clock).map_err(failed)?;
    }
    state.database.make_indexes().map_err(failed)?;
    if let Some(path) = &options.import {
        let bytes = std::fs::read(path)
            .map_err(|error| format!("--import can’t read {}: {error}.", path.display()))?;
        let report = import::import(&state.database, &bytes)?;
        eprint!("{report}");
    }
    state.database.index(MIN_INDEXED, MAX_DIRTY).map_err(failed)
}

fn generate(
    state: &State,
    options: &Options,
    n_generated: usize,
    clock: &Clock,
) -> action_center_backend::database::Result<()> {
    let mut plan = Plan::new(options.seed, n_generated, clock.now());
    if options.is_pending_only {
        plan.n_pending = n_generated;
    } else if let Some(n_pending) = options.n_pending {
        plan.n_pending = n_pending.min(n_generated);
    }
    load::generate(state, plan)
}

/// Ends what is past its deadline, and lets generated data live where a seed is given.
async fn live(state: Arc<State>, seed: Option<u64>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    for n_seconds in 1_u64.. {
        second.tick().await;
        let state = Arc::clone(&state);
        let steps = n_seconds.is_multiple_of(STEP_SECONDS);
        let work = tokio::task::spawn_blocking(move || {
            state.expire()?;
            match seed.filter(|_| steps) {
                Some(seed) => state.simulate(seed),
                None => Ok(()),
            }
        });
        if let Ok(Err(error)) = work.await {
            eprintln!("failed: what happens by itself: {error}");
        }
    }
}

/// Ctrl-C, or the signal by which a service manager stops a program.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _interrupted = tokio::signal::ctrl_c().await;
}
