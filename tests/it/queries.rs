//! How many statements each step of each flow costs: the table `tests/it/queries.txt`, so that none grows unnoticed.
//! `UPDATE=1 cargo test --test it queries` writes it anew.
//!
//! Willing people walk through all flows and always take the action that they took least often. Counted is what one
//! answer without an error cost, session and flow included, and of several ways to the same answer the dearest.

use std::{cell::RefCell, collections::BTreeMap, fmt::Write, path::Path};

use sealflow::{config::Config, flows, storage::STATEMENTS};
use tracing::{
    Level,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

use crate::{
    flows::wandering::CONFIGURATIONS,
    support::{
        flow::{Flow, Site},
        person::Person,
    },
};

const TABLE: &str = "tests/it/queries.txt";
/// Enough for every action to be taken in every state that a tour passes.
const STEPS: usize = 300;

thread_local! {
    /// The statements of the servers of this thread, which are those of one test.
    static RUN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps statements. It listens in all threads: where an event first happens while nobody listens, tracing may take it
/// that nobody ever will.
struct Listener;

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut Self);
    }
}

impl Visit for Listener {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            RUN.with_borrow_mut(|run| run.push(value.to_owned()));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// How many statements read and how many wrote since the last call. The frame of a transaction does not count.
fn count() -> (usize, usize) {
    let all = RUN.take();
    let begins = |word: &'static str| move |sql: &&String| sql.trim_start().to_uppercase().starts_with(word);
    let reads = all.iter().filter(begins("SELECT")).count();
    let frame = ["BEGIN", "COMMIT", "ROLLBACK"].iter().map(|word| all.iter().filter(begins(word)).count());
    (reads, all.len() - reads - frame.sum::<usize>())
}

/// Reads and writes by flow, state, action and the state that it led to.
type Table = BTreeMap<[String; 4], (usize, usize)>;

fn enter(table: &mut Table, row: [&str; 4], (reads, writes): (usize, usize)) {
    let kept = table.entry(row.map(str::to_owned)).or_default();
    *kept = (kept.0.max(reads), kept.1.max(writes));
}

async fn tour(yaml: &str, seed: u64, table: &mut Table) {
    let site = Site::start(yaml).await;
    site.ada().await;
    let mut person = Person::new(seed);
    let mut session: Option<String> = None;
    let mut taken: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let (mut steps, mut rounds) = (0, 0);
    while steps < STEPS {
        let name = match (&session, rounds % 3) {
            (Some(_), 0) => "profile",
            (_, 1) => "login",
            _ => "registration",
        };
        rounds += 1;
        count();
        let mut flow = site.init_as(name, session.clone().filter(|_| name == "profile")).await;
        enter(table, [name, "-", "-", flow.state()], count());
        for _ in 0..40 {
            let state = flow.state().to_owned();
            let key = |action: &str| (name.to_owned(), state.clone(), action.to_owned());
            let offered = flow.usable_actions();
            let least = offered.iter().min_by_key(|action| taken.get(&key(action)).copied().unwrap_or_default());
            let Some(action) = least.cloned() else { break };
            *taken.entry(key(&action)).or_default() += 1;
            steps += 1;
            let inputs = person.fills_in(&site, &flow, &action);
            count();
            flow.act(&action, inputs).await;
            if flow.answer.status == 200 && flow.body.get("error").is_none() {
                enter(table, [name, &state, &action, flow.state()], count());
            }
            keep(&mut session, &flow);
            flow.look_again();
        }
    }
}

fn keep(session: &mut Option<String>, flow: &Flow<'_>) {
    for cookie in flow.answer.all("set-cookie") {
        if let Some(token) = cookie.split(';').next().and_then(|pair| pair.strip_prefix("hanko=")) {
            *session = Some(token.to_owned()).filter(|token| !token.is_empty());
        }
    }
}

/// The actions that no tour took.
fn missed(table: &Table) -> Vec<String> {
    let graphs = flows::graphs(&Config::default(), None, &flows::registry()).unwrap();
    let taken = |flow: &str, state: &str, action: &str| {
        table.keys().any(|[f, s, a, _]| (f.as_str(), s.as_str(), a.as_str()) == (flow, state, action))
    };
    let mut missed = Vec::new();
    for graph in &graphs {
        for state in graph.states.values() {
            let actions = state.actions.keys().filter(|action| !taken(&graph.name, &state.name, action));
            missed.extend(actions.map(|action| format!("{} {} {action}", graph.name, state.name)));
        }
    }
    missed.sort();
    missed
}

fn written(table: &Table) -> String {
    let mut text =
        "# Statements that read and that write, by flow, state, action and the state that it led to.\n".to_owned();
    for ([flow, state, action, next], (reads, writes)) in table {
        writeln!(text, "{reads:>2} + {writes:>2}  {flow} {state} {action} -> {next}").unwrap();
    }
    text += "# Never taken without an error:\n";
    for action in missed(table) {
        writeln!(text, "         {action}").unwrap();
    }
    text
}

#[tokio::test]
async fn queries_of_each_step_are_as_many_as_the_table_says() {
    if std::env::var("SEALFLOW_TEST_DATABASE").is_ok_and(|database| database != "sqlite") {
        return;
    }
    let statements = Targets::new().with_target(STATEMENTS, Level::TRACE);
    tracing_subscriber::registry().with(Listener.with_filter(statements)).init();
    let mut table = Table::new();
    for yaml in CONFIGURATIONS {
        for seed in [0, 2] {
            Box::pin(tour(yaml, seed, &mut table)).await;
        }
    }
    let shown = &table[&["profile", "preflight", "register_client_capabilities", "profile_init"].map(str::to_owned)];
    assert!(shown.0 + shown.1 <= 12, "showing an account takes {shown:?} statements");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, written(&table)).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    let made = written(&table);
    let differs = made.lines().filter(|line| !kept.lines().any(|other| other == *line)).collect::<Vec<_>>();
    assert!(
        kept == made,
        "{TABLE} is stale: run `UPDATE=1 cargo test --test it queries`, look at it and commit it; now\n{}",
        differs.join("\n")
    );
}
