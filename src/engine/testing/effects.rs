//! What happens by itself in the toy shop. Each effect notes in the till that it ran.

use schemars::JsonSchema;
use serde::Serialize;

use super::{LOW_STOCK, Shop};
use crate::engine::{Effect, Failure, Link, LinkCategory, MemberSchema, PayloadMember, Step};

/// Shows what is in the cart.
pub(crate) struct ShowCart;

/// The items in the cart.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cart(Vec<String>);

impl PayloadMember for Cart {
    const NAME: &'static str = "cart";
}

impl Effect<Shop> for ShowCart {
    const NAME: &'static str = "show_cart";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<Cart>()]
    }

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)?;
        step.put(&Cart(step.stash.items.clone()))
    }
}

/// Issues a ticket with a new number and remembers the number.
pub(crate) struct IssueTicket;

/// The number of a ticket.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Ticket(u32);

impl PayloadMember for Ticket {
    const NAME: &'static str = "ticket";
}

impl Effect<Shop> for IssueTicket {
    const NAME: &'static str = "issue_ticket";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<Ticket>()]
    }

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)?;
        step.stash.ticket += 1;
        step.put(&Ticket(step.stash.ticket))
    }
}

/// Attaches an error that stops nothing.
pub(crate) struct WarnLowStock;

impl Effect<Shop> for WarnLowStock {
    const NAME: &'static str = "warn_low_stock";
    const ERRORS: &'static [crate::engine::FlowError] = &[LOW_STOCK];

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)?;
        // Whoever was refused already has something more important to read.
        if step.error().is_none() {
            step.attach(LOW_STOCK);
        }
        Ok(())
    }
}

/// Writes a receipt into the ledger.
pub(crate) struct IssueReceipt;

impl Effect<Shop> for IssueReceipt {
    const NAME: &'static str = "issue_receipt";

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)?;
        step.context.write("receipt");
        Ok(())
    }
}

/// Another way to a receipt.
pub(crate) struct PrintReceipt;

impl Effect<Shop> for PrintReceipt {
    const NAME: &'static str = "print_receipt";

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)
    }
}

/// Offers addresses to read.
pub(crate) struct ShowLinks;

impl Effect<Shop> for ShowLinks {
    const NAME: &'static str = "show_links";

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)?;
        step.link(Link::new("terms", "https://shop.test/terms", LinkCategory::Legal));
        step.link(Link::new("help", "https://shop.test/help", LinkCategory::Other));
        Ok(())
    }
}

/// Fails while nobody is at the till.
pub(crate) struct CheckIn;

impl Effect<Shop> for CheckIn {
    const NAME: &'static str = "check_in";

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)?;
        if step.context.unattended { Err("nobody is there".into()) } else { Ok(()) }
    }
}

/// Rings, so that a test hears when.
pub(crate) struct Bell<const SOUND: char>;

impl<const SOUND: char> Effect<Shop> for Bell<SOUND> {
    const NAME: &'static str = match SOUND {
        'a' => "bell_a",
        'b' => "bell_b",
        _ => "bell_c",
    };

    async fn run(&self, step: &mut Step<'_, Shop>) -> Result<(), Failure> {
        step.context.note(Self::NAME)
    }
}
