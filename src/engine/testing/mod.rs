//! A toy world for the tests of the engine: the checkout of a shop. It knows nothing of authentication, as the engine.

pub(crate) mod actions;
pub(crate) mod effects;
pub(crate) mod till;
pub(crate) mod walk;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Domain, FlowError, InputError, Registry};
use actions::{AddItem, ApplyCoupon, ChooseDelivery, Confirm, Crash, EnterAddress, Hold, Pay, Surprise, TrackParcel};
use effects::{Bell, CheckIn, IssueReceipt, IssueTicket, PrintReceipt, ShowCart, ShowLinks, WarnLowStock};
pub(crate) use till::{Ledger, Lockers, Till};
pub(crate) use walk::{Checkout, Walk};

/// The customer has not enough money.
pub(crate) const CARD_DECLINED: FlowError = FlowError::new("card_declined", 402, "The card was declined.");
/// Nobody can pay at the moment.
pub(crate) const GATEWAY_DOWN: FlowError = FlowError::new("gateway_down", 503, "Payments are not possible now.");
/// Something in the cart may be gone soon.
pub(crate) const LOW_STOCK: FlowError = FlowError::new("low_stock", 409, "Only few are left.");
/// There is no such item.
pub(crate) const UNKNOWN_ITEM: InputError = InputError::new("unknown_item", "There is no such item.");

/// The world.
pub(crate) enum Shop {}

impl Domain for Shop {
    type Settings = Settings;
    type Stash = Stash;
    type Facts = Facts;
    type Context = Till;

    fn facts(stash: &Stash) -> Facts {
        let size = u32::try_from(stash.items.len()).unwrap();
        Facts {
            cart: CartFacts { items: stash.items.clone(), size, total: 9.5 * f64::from(size) },
            delivery: DeliveryFacts { address: stash.address.clone().unwrap_or_default(), method: stash.method },
            gift: stash.gift,
            coupon: stash.coupon.is_some(),
            extra: stash.extra.clone(),
        }
    }

    fn revert(snapshot: Stash, current: &Stash) -> Stash {
        Stash { coupon: current.coupon.clone(), ..snapshot }
    }
}

/// What the shopkeeper configures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) delivery: DeliverySettings,
    pub(crate) gifts: Gifts,
    pub(crate) coupons: BTreeMap<String, u64>,
    pub(crate) slogan: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct DeliverySettings {
    pub(crate) express: bool,
    pub(crate) methods: Vec<Method>,
    pub(crate) free_from: u32,
    pub(crate) price: f64,
}

/// Whether presents are wrapped.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Gifts {
    Always,
    Asked,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "Corner Shop".to_owned(),
            delivery: DeliverySettings {
                express: true,
                methods: vec![Method::Standard, Method::Express],
                free_from: 3,
                price: 4.5,
            },
            gifts: Gifts::Asked,
            coupons: BTreeMap::from([("spring".to_owned(), 10)]),
            slogan: None,
        }
    }
}

/// What a checkout remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Stash {
    pub(crate) items: Vec<String>,
    pub(crate) address: Option<String>,
    pub(crate) method: Method,
    pub(crate) gift: bool,
    /// Counts the tickets that were shown; only the last one is good.
    pub(crate) ticket: u32,
    /// Stays when the customer goes back.
    pub(crate) coupon: Option<String>,
    pub(crate) extra: serde_json::Value,
}

/// How parcels travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    #[default]
    Undecided,
    Standard,
    Express,
}

/// What guards can ask.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Facts {
    cart: CartFacts,
    delivery: DeliveryFacts,
    gift: bool,
    coupon: bool,
    extra: serde_json::Value,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CartFacts {
    items: Vec<String>,
    size: u32,
    total: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DeliveryFacts {
    address: String,
    method: Method,
}

/// All that graphs of the shop can name.
pub(crate) fn registry() -> Registry<Shop> {
    Registry::default()
        .action(AddItem)
        .action(EnterAddress)
        .action(ChooseDelivery)
        .action(ApplyCoupon)
        .action(Pay)
        .action(Confirm)
        .action(TrackParcel)
        .action(Hold)
        .action(Crash)
        .any_action(std::sync::Arc::new(Surprise))
        .effect(ShowCart)
        .effect(IssueTicket)
        .effect(WarnLowStock)
        .effect(IssueReceipt)
        .effect(PrintReceipt)
        .effect(ShowLinks)
        .effect(CheckIn)
        .effect(Bell::<'a'>)
        .effect(Bell::<'b'>)
        .effect(Bell::<'c'>)
        .error(CARD_DECLINED)
        .error(GATEWAY_DOWN)
        .error(LOW_STOCK)
}
