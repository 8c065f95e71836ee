//! What an action and an effect are to the engine: contracts that say what they take and what can come of them, and the
//! code behind. Neither ever names a state.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    future::Future,
    marker::PhantomData,
    sync::Arc,
};

use async_trait::async_trait;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    domain::Domain,
    error::{self, FORM_DATA_INVALID, Failure, FlowError, InputError, Stop},
    input::Input,
    step::Step,
};

/// The outcomes of an action, as an enumeration. Made by [`crate::outcomes!`].
pub trait Outcome: Copy + Send + Sync + 'static {
    /// The names of all outcomes, as graphs use them.
    const NAMES: &'static [&'static str];

    /// The name of this outcome.
    fn name(self) -> &'static str;
}

/// Defines the outcomes of an action: an enumeration and the names that graphs use.
#[macro_export]
macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What can come of the action.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Outcome {
            $($(#[$doc])* $variant),+
        }

        impl $crate::engine::Outcome for Outcome {
            const NAMES: &'static [&'static str] = &[$($name),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }
    };
}

/// A member of the payload of an answer.
pub trait PayloadMember: Serialize + JsonSchema {
    /// The name of the member.
    const NAME: &'static str;
}

/// Name and schema of a member of the payload.
#[derive(Clone, Copy)]
pub struct MemberSchema {
    /// The name of the member.
    pub name: &'static str,
    /// Makes its JSON Schema.
    pub schema: fn(&mut SchemaGenerator) -> schemars::Schema,
}

impl MemberSchema {
    /// That of `M`.
    #[must_use]
    pub fn of<M: PayloadMember>() -> Self {
        Self { name: M::NAME, schema: |generator| generator.subschema_for::<M>() }
    }
}

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NoInputs {}

/// An action: a verb with a typed contract.
pub trait Action<D: Domain>: Send + Sync + 'static {
    /// The name that graphs use.
    const NAME: &'static str;
    /// What it does, in English, for developers.
    const DESCRIPTION: &'static str;
    /// The errors with which it can refuse, besides invalid inputs.
    const REFUSALS: &'static [FlowError] = &[];
    /// Effects that must be somewhere in the flow for the action to make sense: of each group, one.
    const NEEDS: &'static [&'static [&'static str]] = &[];

    /// The inputs as the action reads them.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// What can come of it.
    type Outcome: Outcome;

    /// The members that it can put into the payload.
    fn payload() -> Vec<MemberSchema> {
        Vec::new()
    }

    /// The inputs as they are declared to the client, under these settings and in this flow.
    fn inputs(&self, settings: &D::Settings, stash: &D::Stash) -> Vec<Input>;

    /// Does it. The inputs have passed their checks.
    ///
    /// # Errors
    ///
    /// [`Stop::Refused`] when the client is told an error and the flow stays; [`Stop::Failed`] undoes the step.
    fn run(
        &self,
        step: &mut Step<'_, D>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Outcome, Stop>> + Send;
}

/// An effect: what happens by itself when a state is entered or left, or on the way.
pub trait Effect<D: Domain>: Send + Sync + 'static {
    /// The name that graphs use.
    const NAME: &'static str;
    /// The errors that it can attach to the answer.
    const ERRORS: &'static [FlowError] = &[];

    /// The members that it can put into the payload.
    fn payload() -> Vec<MemberSchema> {
        Vec::new()
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// A failure undoes the step.
    fn run(&self, step: &mut Step<'_, D>) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// An action with its types hidden: what the engine runs. Implement it directly only for actions whose contract is not
/// known at compile time.
#[async_trait]
pub trait AnyAction<D: Domain>: Send + Sync {
    /// What the action takes and what can come of it.
    fn contract(&self) -> ActionContract;

    /// The inputs as they are declared to the client; see [`Action::inputs`].
    fn inputs(&self, settings: &D::Settings, stash: &D::Stash) -> Vec<Input>;

    /// Checks the inputs, does it, and names the outcome.
    ///
    /// # Errors
    ///
    /// As [`Action::run`].
    async fn run(&self, step: &mut Step<'_, D>) -> Result<Cow<'static, str>, Stop>;
}

/// An effect with its types hidden.
#[async_trait]
pub trait AnyEffect<D: Domain>: Send + Sync {
    /// What can come of the effect.
    fn contract(&self) -> EffectContract;

    /// Does it.
    ///
    /// # Errors
    ///
    /// A failure undoes the step.
    async fn run(&self, step: &mut Step<'_, D>) -> Result<(), Failure>;
}

/// Makes a JSON Schema.
pub type SchemaMaker = Arc<dyn Fn(&mut SchemaGenerator) -> schemars::Schema + Send + Sync>;

/// What an action takes and what can come of it.
#[derive(Clone)]
pub struct ActionContract {
    /// The name that graphs use.
    pub name: Cow<'static, str>,
    /// What it does.
    pub description: Cow<'static, str>,
    /// The names of its outcomes.
    pub outcomes: Vec<Cow<'static, str>>,
    /// The errors with which it can refuse, besides invalid inputs.
    pub refusals: Vec<FlowError>,
    /// Effects that must be somewhere in the flow: of each group, one.
    pub needs: Vec<Vec<Cow<'static, str>>>,
    /// The members that it can put into the payload.
    pub payload: Vec<MemberSchema>,
    /// Makes the JSON Schema of all inputs that it can have.
    pub input: SchemaMaker,
}

/// What can come of an effect.
#[derive(Clone)]
pub struct EffectContract {
    /// The name that graphs use.
    pub name: Cow<'static, str>,
    /// The errors that it can attach.
    pub errors: Vec<FlowError>,
    /// The members that it can put into the payload.
    pub payload: Vec<MemberSchema>,
}

struct Typed<D, T>(T, PhantomData<fn(D)>);

#[async_trait]
impl<D: Domain, A: Action<D>> AnyAction<D> for Typed<D, A> {
    fn contract(&self) -> ActionContract {
        ActionContract {
            name: Cow::Borrowed(A::NAME),
            description: Cow::Borrowed(A::DESCRIPTION),
            outcomes: A::Outcome::NAMES.iter().copied().map(Cow::Borrowed).collect(),
            refusals: A::REFUSALS.to_vec(),
            needs: A::NEEDS.iter().map(|group| group.iter().copied().map(Cow::Borrowed).collect()).collect(),
            payload: A::payload(),
            input: Arc::new(|generator| generator.subschema_for::<A::Input>()),
        }
    }

    fn inputs(&self, settings: &D::Settings, stash: &D::Stash) -> Vec<Input> {
        self.0.inputs(settings, stash)
    }

    async fn run(&self, step: &mut Step<'_, D>) -> Result<Cow<'static, str>, Stop> {
        if !step.form.validate() {
            return Err(Stop::Refused(FORM_DATA_INVALID));
        }
        let input = serde_json::from_value(step.form.typed())?;
        self.0.run(step, input).await.map(|outcome| Cow::Borrowed(outcome.name()))
    }
}

#[async_trait]
impl<D: Domain, E: Effect<D>> AnyEffect<D> for Typed<D, E> {
    fn contract(&self) -> EffectContract {
        EffectContract { name: Cow::Borrowed(E::NAME), errors: E::ERRORS.to_vec(), payload: E::payload() }
    }

    async fn run(&self, step: &mut Step<'_, D>) -> Result<(), Failure> {
        self.0.run(step).await
    }
}

/// All that graphs can name: actions, effects, errors.
pub struct Registry<D: Domain> {
    pub(crate) actions: BTreeMap<Cow<'static, str>, Arc<dyn AnyAction<D>>>,
    pub(crate) effects: BTreeMap<Cow<'static, str>, Arc<dyn AnyEffect<D>>>,
    pub(crate) errors: BTreeMap<Cow<'static, str>, FlowError>,
    pub(crate) input_errors: BTreeMap<Cow<'static, str>, InputError>,
    pub(crate) requirements: BTreeSet<&'static str>,
}

impl<D: Domain> Default for Registry<D> {
    fn default() -> Self {
        let registry = Self {
            actions: BTreeMap::new(),
            effects: BTreeMap::new(),
            errors: BTreeMap::new(),
            input_errors: BTreeMap::new(),
            requirements: BTreeSet::new(),
        };
        let registry = registry.error(error::DISCONTINUITY).error(error::NOT_PERMITTED).error(FORM_DATA_INVALID);
        let engine_own = [error::VALUE_MISSING, error::VALUE_INVALID, error::VALUE_TOO_LONG, error::VALUE_TOO_SHORT];
        engine_own.into_iter().fold(registry, Self::input_error)
    }
}

impl<D: Domain> Registry<D> {
    /// Adds an action.
    #[must_use]
    pub fn action<A: Action<D>>(self, action: A) -> Self {
        self.any_action(Arc::new(Typed(action, PhantomData)))
    }

    /// Adds an action whose contract is not known at compile time.
    #[must_use]
    pub fn any_action(mut self, action: Arc<dyn AnyAction<D>>) -> Self {
        self.actions.insert(action.contract().name, action);
        self
    }

    /// Adds an effect.
    #[must_use]
    pub fn effect<E: Effect<D>>(mut self, effect: E) -> Self {
        self.effects.insert(Cow::Borrowed(E::NAME), Arc::new(Typed(effect, PhantomData)));
        self
    }

    /// Adds an error that graphs can name.
    #[must_use]
    pub fn error(mut self, error: FlowError) -> Self {
        self.errors.insert(error.code.clone(), error);
        self
    }

    /// Adds something that flows can require of requests. Whoever serves the flows sees to it.
    #[must_use]
    pub fn requirement(mut self, name: &'static str) -> Self {
        self.requirements.insert(name);
        self
    }

    /// Adds an error that actions attach to inputs, so that it is published.
    #[must_use]
    pub fn input_error(mut self, error: InputError) -> Self {
        self.input_errors.insert(error.code.clone(), error);
        self
    }
}
