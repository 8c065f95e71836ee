//! The walk itself: from state to state, and from flow to flow.

use serde_json::{Map, Value};

use super::{
    Run, answers,
    authenticator::Authenticator,
    screen::{self, Screen},
    terminal::Terminal,
    world::{World, needs_session},
};
use crate::{
    cli::Failure,
    config::Config,
    engine::{
        InputType, Reply, Request, Situation,
        graph::ERROR_STATE,
        wire::{ActionView, InputView},
    },
    identity::emails::is_address,
    notify::mail::KeptMail,
};

/// The account that is made for those who do not care.
const SOMEBODY: &str = "ada@example.org";
const HELP: &str = "Type the number or the name of an action, alone or with inputs: `name input=value`. \
                    `json` shows the answer as it is, `state` shows the state again, `quit` (or Ctrl-D) leaves.";

/// Walks until the person has enough.
pub(super) async fn walk(config: Config, arguments: Run) -> Result<(), Failure> {
    let world = World::start(config, arguments.flows).await?;
    let terminal = Terminal::new();
    let origins = &world.config().webauthn.relying_party.origins;
    let authenticator = Authenticator::new(origins.first().cloned().unwrap_or_default());
    let screen = Screen { paint: terminal.paint };
    let mut walk =
        Walk { world, terminal, screen, authenticator, knows_passkeys: !arguments.without_passkeys, code: None };
    let result = Box::pin(walk.run(arguments.flow, arguments.account)).await;
    walk.world.stop().await;
    result
}

/// One person in a throw-away world.
struct Walk {
    world: World,
    terminal: Terminal,
    screen: Screen,
    authenticator: Authenticator,
    knows_passkeys: bool,
    /// The code of the newest mail.
    code: Option<String>,
}

/// How a flow was left.
enum Left {
    /// It ended in this state.
    Ended(String),
    /// The person had enough.
    Quit,
}

/// What the person wants to do in a state.
enum Wish {
    Take(String, Map<String, Value>),
    Again,
    Quit,
}

impl Walk {
    async fn run(&mut self, flow: String, account: Option<String>) -> Result<(), Failure> {
        if self.world.graph(&flow).is_none() {
            return Err(format!("there is no flow `{flow}`; there are {}", self.world.flows().join(", ")).into());
        }
        if let Some(address) = account {
            self.make_account(&address).await?;
        }
        let mut next = Some(flow);
        let mut last = None;
        while let Some(flow) = next {
            next = match Box::pin(self.flow_to_begin(&flow)).await? {
                None => return Ok(()),
                // The flow that was asked for follows once there is a session.
                Some(first) if first != flow => match Box::pin(self.flow(&first)).await? {
                    Left::Quit => return Ok(()),
                    Left::Ended(_) => Some(flow),
                },
                Some(_) => match Box::pin(self.flow(&flow)).await? {
                    Left::Quit => return Ok(()),
                    Left::Ended(state) => {
                        last = Some(state);
                        self.what_next()?
                    }
                },
            };
        }
        match last {
            Some(state) if state == ERROR_STATE && !self.terminal.interactive => {
                Err(format!("the flow ended in the state `{state}`").into())
            }
            _ => Ok(()),
        }
    }

    async fn make_account(&mut self, address: &str) -> Result<(), Failure> {
        if !is_address(address) {
            return Err(format!("`{address}` is not an e-mail address").into());
        }
        self.world.sign_in_as(address).await?;
        let remark =
            self.screen.remark(&format!("There is an account with the address {address}, and a session of it."));
        Ok(self.terminal.say(&remark)?)
    }

    /// The flow itself, or the one that must come before it. `None` when the person leaves.
    async fn flow_to_begin(&mut self, flow: &str) -> Result<Option<String>, Failure> {
        while self.world.graph(flow).is_some_and(needs_session) && self.world.claims().is_none() {
            let others = self.world.open_flows().join(" or ");
            let remark = format!(
                "`{flow}` goes on with a session, and there is none yet. Walk through {others} first, or give an e-mail \
                 address: an account with it is made and signed in."
            );
            self.terminal.say(&format!("\n{}", self.screen.remark(&remark)))?;
            let Some(answer) = self.terminal.ask(&format!("flow or address [{SOMEBODY}]> "))? else {
                return self.leave(&format!("before the flow `{flow}` could begin")).map(|()| None);
            };
            match answer.trim() {
                "" => self.make_account(SOMEBODY).await?,
                "quit" => return Ok(None),
                name if self.world.open_flows().contains(&name) => return Ok(Some(name.to_owned())),
                address if is_address(address) => self.make_account(address).await?,
                other => {
                    self.complain(&format!("`{other}` is neither a flow that can begin now nor an e-mail address"))?
                }
            }
        }
        Ok(Some(flow.to_owned()))
    }

    /// The flow to go on with.
    fn what_next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            let flows = self.world.open_flows().join(", ");
            self.terminal.say(&format!("\n   Go on with {flows}? An empty line leaves.\n"))?;
            let Some(answer) = self.terminal.ask("flow> ")? else { return Ok(None) };
            match answer.trim() {
                "" | "quit" => return Ok(None),
                name if self.world.flows().contains(&name) => return Ok(Some(name.to_owned())),
                other => self.complain(&format!("there is no flow `{other}`"))?,
            }
        }
    }

    /// Walks through one flow.
    async fn flow(&mut self, flow: &str) -> Result<Left, Failure> {
        let mut reply = self.world.begin(flow).await?;
        let mut known = self.world.claims().cloned();
        loop {
            let situation = self.show(flow, &reply).await?;
            if let Some(claims) = self.world.claims().filter(|claims| known.as_ref() != Some(claims)) {
                known = Some(claims.clone());
                self.terminal.say(&self.screen.session(claims))?;
            }
            let Some(id) = reply.flow else { return Ok(Left::Ended(reply.response.name)) };
            if situation.as_ref().is_none_or(|situation| situation.offers.is_empty()) {
                return Ok(Left::Ended(reply.response.name));
            }
            let (action, inputs) = loop {
                match self.wish(flow, &reply, situation.as_ref())? {
                    Wish::Take(action, inputs) => break (action, inputs),
                    Wish::Again => drop(self.show(flow, &reply).await?),
                    Wish::Quit => return Ok(Left::Quit),
                }
            };
            let csrf_token = reply.response.csrf_token.clone();
            let next = self.world.act(flow, Request { action, flow: id, inputs, csrf_token }).await?;
            match (&next.response.error, next.flow) {
                // A rejection changes nothing: the flow is where it was.
                (Some(error), None) => {
                    self.terminal.say(&format!("\n{}", self.screen.error(next.response.status, error)))?;
                    if !self.terminal.interactive {
                        return Err(format!("the request was rejected: {}", error.message).into());
                    }
                }
                _ => reply = next,
            }
        }
    }

    /// Shows the mails that came, and the state.
    async fn show(&mut self, flow: &str, reply: &Reply) -> Result<Option<Situation>, Failure> {
        let situation = self.world.explain(reply).await?;
        for kept in self.world.new_mails() {
            self.code = code_in(&kept).or(self.code.take());
            self.terminal.say(&self.screen.mail(&kept))?;
        }
        let state = self.world.graph(flow).and_then(|graph| graph.states.get(&reply.response.name));
        let about = state.and_then(|state| state.about.as_deref());
        self.terminal.say(&self.screen.state(flow, about, &reply.response, situation.as_ref()))?;
        Ok(situation)
    }

    fn wish(&mut self, flow: &str, reply: &Reply, situation: Option<&Situation>) -> Result<Wish, Failure> {
        let order = |action: &ActionView| situation?.offers.iter().position(|offer| offer.action == action.action);
        let actions = screen::numbered(&reply.response, order);
        if let [only] = actions.as_slice()
            && let Some(inputs) = self.by_itself(only)
        {
            let said: Vec<String> = inputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let remark = format!("The client answers by itself: {} {}", only.action, said.join(" "));
            self.terminal.say(&format!("\n{}", self.screen.remark(&remark)))?;
            return Ok(Wish::Take(only.action.clone(), inputs));
        }
        loop {
            let Some(line) = self.terminal.ask("\naction> ")? else {
                let place = format!("in the state `{}` of `{flow}`", reply.response.name);
                return self.leave(&place).map(|()| Wish::Quit);
            };
            let choice = match answers::choice(&line) {
                Ok(choice) => choice,
                Err(problem) => {
                    self.complain(&problem)?;
                    continue;
                }
            };
            let number = choice.word.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let chosen = number
                .and_then(|at| actions.get(at))
                .or_else(|| actions.iter().find(|action| action.action == choice.word));
            match (choice.word.as_str(), chosen) {
                (_, Some(action)) => match self.inputs(action, &choice, reply)? {
                    Some(inputs) => return Ok(Wish::Take(action.action.clone(), inputs)),
                    None => continue,
                },
                ("quit", _) => return Ok(Wish::Quit),
                ("state", _) => return Ok(Wish::Again),
                ("json", _) => {
                    let body = serde_json::to_string_pretty(&reply.response)?;
                    self.terminal.say(&format!("{body}\n"))?;
                }
                ("" | "?" | "help", _) => self.terminal.say(&self.screen.remark(HELP))?,
                (other, _) => self.complain(&format!("`{other}` is not offered here"))?,
            }
        }
    }

    /// What a browser answers without asking anybody: what the device can do.
    fn by_itself(&self, action: &ActionView) -> Option<Map<String, Value>> {
        let silent = |input: &InputView| input.hidden == Some(true) && input.kind == InputType::Boolean;
        let all = !action.inputs.is_empty() && action.inputs.values().all(silent);
        all.then(|| action.inputs.keys().map(|name| (name.to_string(), self.knows_passkeys.into())).collect())
    }

    /// The inputs of an action. `None` when they cannot be given.
    fn inputs(
        &mut self,
        action: &ActionView,
        choice: &answers::Choice,
        reply: &Reply,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let mut inputs = match answers::submitted(choice, |name| action.inputs.get(name)) {
            Ok(inputs) => inputs,
            Err(problem) => {
                self.complain(&problem)?;
                return Ok(None);
            }
        };
        let mut order: Vec<&InputView> = action.inputs.values().collect();
        order.sort_by_key(|input| input.required != Some(true));
        for input in order {
            let name = input.name.to_string();
            if inputs.contains_key(&name) || choice.inputs.iter().any(|(given, _)| *given == name) {
                continue;
            }
            if input.kind == InputType::Json
                && let Some(payload) = &reply.response.payload
                && let Some(answer) = self.authenticator.answer(&Value::Object(payload.clone()))
            {
                match answer {
                    Ok(credential) => {
                        inputs.insert(name.clone(), credential);
                        self.terminal
                            .say(&self.screen.remark(&format!("{name}: answered by the built-in authenticator")))?;
                    }
                    Err(problem) => {
                        self.complain(&problem.to_string())?;
                        return Ok(None);
                    }
                }
                continue;
            }
            let fallback = self.fallback(input);
            let value =
                if choice.inputs.is_empty() { self.ask_for(input, fallback)? } else { fallback.map(Value::from) };
            inputs.extend(value.map(|value| (name, value)));
        }
        Ok(Some(inputs))
    }

    /// What is taken for an input that nobody fills in: the code of the mail, or what the answer says.
    fn fallback(&self, input: &InputView) -> Option<String> {
        let kept = input.value.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        kept.or_else(|| self.code.clone().filter(|_| input.name == "code"))
    }

    fn ask_for(&mut self, input: &InputView, fallback: Option<String>) -> Result<Option<Value>, Failure> {
        for (number, allowed) in input.allowed_values.iter().enumerate() {
            self.terminal.say(&format!("     {}) {} ({})\n", number + 1, allowed.name, allowed.value))?;
        }
        let shown = fallback.as_ref().map_or_else(String::new, |text| format!(" [{text}]"));
        let prompt = format!("  {} ({}){shown}: ", input.name, screen::described(input));
        loop {
            let line = match input.kind {
                InputType::Password => self.terminal.ask_secretly(&prompt)?,
                _ => self.terminal.ask(&prompt)?,
            };
            let Some(line) = line.filter(|line| !line.is_empty()) else { return Ok(fallback.map(Value::from)) };
            match answers::value(input, &line) {
                Ok(value) => return Ok(value),
                Err(problem) => self.complain(&problem)?,
            }
        }
    }

    /// Says what is wrong with an answer. A script cannot give another one.
    fn complain(&self, problem: &str) -> Result<(), Failure> {
        if !self.terminal.interactive {
            return Err(problem.to_owned().into());
        }
        Ok(self.terminal.say(&format!("   {}\n", self.terminal.paint.bad(problem)))?)
    }

    /// The input has ended: a person left, a script is too short.
    fn leave(&self, place: &str) -> Result<(), Failure> {
        match self.terminal.interactive {
            true => Ok(()),
            false => Err(format!("the input ended {place}").into()),
        }
    }
}

/// The code in a mail: the word of six letters and digits in its subject.
fn code_in(kept: &KeptMail) -> Option<String> {
    let is_code = |word: &&str| word.len() == 6 && word.chars().any(|c| c.is_ascii_digit());
    kept.mail.subject.split(|c: char| !c.is_ascii_alphanumeric()).find(is_code).map(str::to_owned)
}
