//! The verbs of the toy shop.
#![expect(unreachable_pub, reason = "`outcomes!` makes public enumerations, for actions in public modules")]

use std::borrow::Cow;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CARD_DECLINED, GATEWAY_DOWN, LOW_STOCK, Method, Settings, Shop, Stash, UNKNOWN_ITEM};
use crate::engine::{
    Action, ActionContract, AllowedValue, AnyAction, FlowError, Input, MemberSchema, PayloadMember, Step, Stop,
};

/// Declares the outcomes of an action in a module of their own.
macro_rules! outcomes_of {
    ($module:ident: $($variant:ident = $name:literal),+) => {
        pub(crate) mod $module {
            crate::outcomes! { $($variant = $name),+ }
        }
    };
}

/// An action without inputs.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

/// Puts an item into the cart.
pub(crate) struct AddItem;

outcomes_of!(add_item: Added = "added");

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Item {
    item: String,
}

impl Action<Shop> for AddItem {
    const NAME: &'static str = "add_item";
    const DESCRIPTION: &'static str = "Put an item into the cart.";
    type Input = Item;
    type Outcome = add_item::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        vec![
            Input::text("item").required(true).trim().lowercase().max(20).preserve(),
            Input::text("note").max(5),
            Input::boolean("wrap"),
        ]
    }

    async fn run(&self, step: &mut Step<'_, Shop>, input: Item) -> Result<add_item::Outcome, Stop> {
        step.stash.items.push(input.item.clone());
        if input.item == "unicorn" {
            return Err(step.refuse_input("item", UNKNOWN_ITEM.because("it is only a tale")));
        }
        Ok(add_item::Outcome::Added)
    }
}

/// Says where to send everything.
pub(crate) struct EnterAddress;

outcomes_of!(enter_address: Entered = "entered", Abroad = "abroad");

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Address {
    address: String,
    #[serde(default)]
    gift: bool,
}

impl Action<Shop> for EnterAddress {
    const NAME: &'static str = "enter_address";
    const DESCRIPTION: &'static str = "Say where to send everything.";
    type Input = Address;
    type Outcome = enter_address::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        vec![Input::text("address").required(true).min(3), Input::boolean("gift")]
    }

    async fn run(&self, step: &mut Step<'_, Shop>, input: Address) -> Result<enter_address::Outcome, Stop> {
        let abroad = input.address.starts_with("abroad");
        step.stash.address = Some(input.address);
        step.stash.gift = input.gift;
        Ok(if abroad { enter_address::Outcome::Abroad } else { enter_address::Outcome::Entered })
    }
}

/// Chooses how everything travels.
pub(crate) struct ChooseDelivery;

outcomes_of!(choose_delivery: Chosen = "chosen");

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Delivery {
    method: Method,
}

impl Action<Shop> for ChooseDelivery {
    const NAME: &'static str = "choose_delivery";
    const DESCRIPTION: &'static str = "Choose how everything travels.";
    type Input = Delivery;
    type Outcome = choose_delivery::Outcome;

    fn inputs(&self, settings: &Settings, _: &Stash) -> Vec<Input> {
        let value = |method: &Method| serde_json::to_value(method).unwrap().as_str().unwrap().to_owned();
        let allowed = |method: &Method| AllowedValue { value: value(method), name: format!("{method:?}") };
        let methods = settings.delivery.methods.iter().map(allowed).collect();
        vec![Input::text("method").required(true).one_of(methods)]
    }

    async fn run(&self, step: &mut Step<'_, Shop>, input: Delivery) -> Result<choose_delivery::Outcome, Stop> {
        step.stash.method = input.method;
        Ok(choose_delivery::Outcome::Chosen)
    }
}

/// Hands in a coupon, which stays handed in.
pub(crate) struct ApplyCoupon;

outcomes_of!(apply_coupon: Applied = "applied");

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Coupon {
    code: String,
}

impl Action<Shop> for ApplyCoupon {
    const NAME: &'static str = "apply_coupon";
    const DESCRIPTION: &'static str = "Hand in a coupon.";
    type Input = Coupon;
    type Outcome = apply_coupon::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        vec![Input::text("code").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Shop>, input: Coupon) -> Result<apply_coupon::Outcome, Stop> {
        step.stash.coupon = Some(input.code);
        Ok(apply_coupon::Outcome::Applied)
    }
}

/// Pays. The card decides what comes of it.
pub(crate) struct Pay;

outcomes_of!(pay: Paid = "paid", OnAccount = "on_account");

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Card {
    card: String,
}

/// What to do about a card that does not work.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Advice(pub(crate) String);

impl PayloadMember for Advice {
    const NAME: &'static str = "advice";
}

impl Action<Shop> for Pay {
    const NAME: &'static str = "pay";
    const DESCRIPTION: &'static str = "Pay.";
    const REFUSALS: &'static [FlowError] = &[CARD_DECLINED, GATEWAY_DOWN];
    type Input = Card;
    type Outcome = pay::Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<Advice>()]
    }

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        vec![Input::text("card").required(true).trim()]
    }

    async fn run(&self, step: &mut Step<'_, Shop>, input: Card) -> Result<pay::Outcome, Stop> {
        let card = input.card.as_str();
        step.context.write(format!("tried {card}"));
        step.context.send(format!("mail about {card}"));
        step.stash.items.push(card.to_owned());
        match card {
            "declined" => {
                step.put(&Advice("try another card".to_owned()))?;
                Err(Stop::Refused(CARD_DECLINED.because("no money")))
            }
            "down" => Err(Stop::Refused(GATEWAY_DOWN.because("no answer"))),
            "jam" => Err("the reader is jammed".into()),
            "late" => Err(Stop::Failed(LOW_STOCK.because("somebody else was faster").failure())),
            "account" => Ok(pay::Outcome::OnAccount),
            _ => Ok(pay::Outcome::Paid),
        }
    }
}

/// Goes on.
pub(crate) struct Confirm;

outcomes_of!(confirm: Confirmed = "confirmed");

impl Action<Shop> for Confirm {
    const NAME: &'static str = "confirm";
    const DESCRIPTION: &'static str = "Go on.";
    type Input = Nothing;
    type Outcome = confirm::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, _: &mut Step<'_, Shop>, _: Nothing) -> Result<confirm::Outcome, Stop> {
        Ok(confirm::Outcome::Confirmed)
    }
}

/// Needs a receipt to do anything.
pub(crate) struct TrackParcel;

impl Action<Shop> for TrackParcel {
    const NAME: &'static str = "track_parcel";
    const DESCRIPTION: &'static str = "Look where the parcel is.";
    const NEEDS: &'static [&'static [&'static str]] = &[&["issue_receipt", "print_receipt"]];
    type Input = Nothing;
    type Outcome = confirm::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, _: &mut Step<'_, Shop>, _: Nothing) -> Result<confirm::Outcome, Stop> {
        Ok(confirm::Outcome::Confirmed)
    }
}

/// Waits at the gate of its request until others are there.
pub(crate) struct Hold;

impl Action<Shop> for Hold {
    const NAME: &'static str = "hold";
    const DESCRIPTION: &'static str = "Wait.";
    type Input = Nothing;
    type Outcome = confirm::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Shop>, _: Nothing) -> Result<confirm::Outcome, Stop> {
        step.context.write("held");
        if let Some(gate) = &step.context.gate {
            gate.wait().await;
        }
        Ok(confirm::Outcome::Confirmed)
    }
}

/// Has a bug.
pub(crate) struct Crash;

impl Action<Shop> for Crash {
    const NAME: &'static str = "crash";
    const DESCRIPTION: &'static str = "Crash.";
    type Input = Nothing;
    type Outcome = confirm::Outcome;

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, _: &mut Step<'_, Shop>, _: Nothing) -> Result<confirm::Outcome, Stop> {
        panic!("a bug in an action");
    }
}

/// Does not keep its own contract.
pub(crate) struct Surprise;

#[async_trait]
impl AnyAction<Shop> for Surprise {
    fn contract(&self) -> ActionContract {
        ActionContract {
            name: Cow::Borrowed("surprise"),
            description: Cow::Borrowed("See what comes."),
            outcomes: vec![Cow::Borrowed("expected")],
            refusals: Vec::new(),
            needs: Vec::new(),
            payload: Vec::new(),
            input: std::sync::Arc::new(|generator| generator.subschema_for::<Value>()),
        }
    }

    fn inputs(&self, _: &Settings, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, _: &mut Step<'_, Shop>) -> Result<Cow<'static, str>, Stop> {
        Ok(Cow::Borrowed("unheard_of"))
    }
}
