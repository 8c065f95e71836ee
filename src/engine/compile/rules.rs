//! Compiles the rules of transitions and agendas.

use serde_json::Value;

use super::Builder;
use crate::engine::{
    check,
    definition::{self, At, Name},
    domain::Domain,
    graph::{AgendaRule, AgendaTask, End, Rule},
    problem::{suggestion, unknown_field},
    source::Parsed,
};

impl<'a, D: Domain> Builder<'a, D> {
    pub(super) fn transition(&mut self, file: &'a Parsed, transition: &At<definition::Transition>) -> Vec<Rule<D>> {
        self.rules(file, &transition.value.rules, transition.line)
    }

    /// Rules of which the first that applies decides.
    fn rules(&mut self, file: &'a Parsed, rules: &[At<definition::Rule>], line: usize) -> Vec<Rule<D>> {
        let line_of = |rule: &At<definition::Rule>| if rule.line == 0 { line } else { rule.line };
        let conditions = rules.iter().map(|rule| (line_of(rule), rule.value.when.as_ref()));
        self.problems.extend(check::first_match(file, &conditions.collect::<Vec<_>>()));
        match rules.last() {
            None => {
                let help = "write at least one rule".to_owned();
                self.problems.push(file.problem(line, "the list of rules is empty").help(help));
            }
            Some(last) if last.value.when.is_some() => {
                let problem = file.problem(line_of(last), "nothing is said for the case that no rule applies");
                self.problems.push(problem.help("end the list with a rule without `when`".to_owned()));
            }
            Some(_) => {}
        }
        rules.iter().map(|rule| self.rule(file, &rule.value, line_of(rule))).collect()
    }

    fn rule(&mut self, file: &'a Parsed, rule: &definition::Rule, line: usize) -> Rule<D> {
        let end = self.end(file, rule, line);
        for (name, value) in &rule.set {
            self.check_set(file, name, value);
        }
        if let Some(agenda) = &rule.agenda {
            self.check_agenda(file, agenda);
        }
        Rule {
            condition: rule.when.as_ref().map(|source| source.value.clone()),
            when: rule.when.as_ref().map(|source| self.guard(file, source)),
            set: rule.set.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect(),
            run: rule.run.iter().filter_map(|name| self.effect(file, name, None)).collect(),
            agenda: rule.agenda.as_ref().map(|name| name.value.clone()),
            no_return: rule.no_return,
            error: rule.error.as_ref().and_then(|code| self.error(file, code)),
            end,
        }
    }

    fn end(&mut self, file: &'a Parsed, rule: &definition::Rule, line: usize) -> End<D> {
        match (&rule.to, &rule.refuse, &rule.choose) {
            (Some(to), None, None) => match to.value.as_str() {
                "next" => End::Next,
                "stay" => End::Stay,
                _ => {
                    let name = At::new(to.value.clone(), if to.line == 0 { line } else { to.line });
                    self.check_state(file, &name);
                    End::To(to.value.clone())
                }
            },
            (None, Some(code), None) => self.error(file, code).map_or(End::Next, End::Refuse),
            (None, None, Some(rules)) => End::Choose(self.rules(file, rules, line)),
            (None, None, None) => {
                let problem = file.problem(line, "the rule leads nowhere");
                self.problems.push(problem.help("give it one of `to`, `refuse` and `choose`".to_owned()));
                End::Next
            }
            _ => {
                let ends =
                    [("to", rule.to.is_some()), ("refuse", rule.refuse.is_some()), ("choose", rule.choose.is_some())];
                let message = format!("the rule has {}, but leads to one thing only", both(&ends));
                self.problems.push(file.problem(line, message).help("keep one of them".to_owned()));
                End::Next
            }
        }
    }

    /// Rules that are all carried out, or, with `choose`, of which the first that applies is.
    pub(super) fn agenda_rules(
        &mut self,
        file: &'a Parsed,
        rules: &[At<definition::AgendaRule>],
        choose: bool,
    ) -> Vec<AgendaRule> {
        if choose {
            let conditions = rules.iter().map(|rule| (rule.line, rule.value.when.as_ref()));
            self.problems.extend(check::first_match(file, &conditions.collect::<Vec<_>>()));
        }
        rules.iter().map(|rule| self.agenda_rule(file, &rule.value, rule.line)).collect()
    }

    fn agenda_rule(&mut self, file: &'a Parsed, rule: &definition::AgendaRule, line: usize) -> AgendaRule {
        AgendaRule {
            task: self.task(file, rule, line),
            condition: rule.when.as_ref().map(|source| source.value.clone()),
            when: rule.when.as_ref().map(|source| self.guard(file, source)),
            error: rule.error.as_ref().and_then(|code| self.error(file, code)),
        }
    }

    fn task(&mut self, file: &'a Parsed, rule: &definition::AgendaRule, line: usize) -> AgendaTask {
        match (&rule.schedule, &rule.agenda, &rule.choose, &rule.all) {
            (Some(state), None, None, None) => {
                self.check_state(file, state);
                AgendaTask::Schedule(state.value.clone())
            }
            (None, Some(agenda), None, None) => {
                self.check_agenda(file, agenda);
                AgendaTask::Agenda(agenda.value.clone())
            }
            (None, None, Some(rules), None) => AgendaTask::Choose(self.agenda_rules(file, rules, true)),
            (None, None, None, Some(rules)) => AgendaTask::All(self.agenda_rules(file, rules, false)),
            (None, None, None, None) => {
                if rule.error.is_none() {
                    let problem = file.problem(line, "the rule does nothing");
                    let help = "give it one of `schedule`, `agenda`, `choose`, `all` and `error`";
                    self.problems.push(problem.help(help.to_owned()));
                }
                AgendaTask::Nothing
            }
            _ => {
                let tasks = [
                    ("schedule", rule.schedule.is_some()),
                    ("agenda", rule.agenda.is_some()),
                    ("choose", rule.choose.is_some()),
                    ("all", rule.all.is_some()),
                ];
                let message = format!("the rule has {}, but does one thing only", both(&tasks));
                self.problems.push(file.problem(line, message).help("make two rules of it".to_owned()));
                AgendaTask::Nothing
            }
        }
    }

    /// Tries what the rule will do: the stash must take the value, and have it afterwards.
    fn check_set(&mut self, file: &'a Parsed, name: &Name, value: &Value) {
        let Ok(Value::Object(mut members)) = serde_json::to_value(D::Stash::default()) else { return };
        let known: Vec<String> = members.keys().cloned().collect();
        members.insert(name.value.clone(), value.clone());
        let kept = serde_json::from_value::<D::Stash>(members.into()).and_then(serde_json::to_value);
        match kept {
            Ok(stash) if stash.get(&name.value).is_some() || value.is_null() || *value == Value::Bool(false) => {}
            Ok(_) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                self.unknown(file, name, "the stash has no member", &known);
            }
            Err(error) => {
                let message = error.to_string();
                if let Some((_, known)) = unknown_field(&message).filter(|(field, _)| *field == name.value) {
                    self.unknown(file, name, "the stash has no member", &known);
                    return;
                }
                let problem = file.problem(name.line, format!("`{}` cannot be set to {value}: {message}", name.value));
                let values = message.split_once("unknown variant `").map(|(_, rest)| rest);
                let variants = values.map(|rest| rest.split('`').skip(2).step_by(2).collect::<Vec<_>>());
                let help = variants.and_then(|known| suggestion(value.as_str()?, known));
                self.problems.push(problem.help(help));
            }
        }
    }
}

/// The keys of a rule that are there, as a text.
fn both(keys: &[(&str, bool)]) -> String {
    let there: Vec<String> = keys.iter().filter(|(_, there)| *there).map(|(key, _)| format!("`{key}`")).collect();
    there.join(" and ")
}
