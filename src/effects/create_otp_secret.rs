//! Offers a secret to an authenticator app (spec chapter 02, section 10.4.1; chapter 03, section 8.4.2).

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, PayloadMember, Step},
    identity::totp::TotpSecret,
    secret::Secret,
};

/// The secret in base32, for apps that cannot scan.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct OtpSecret(#[schemars(with = "String")] Secret<String>);

impl PayloadMember for OtpSecret {
    const NAME: &'static str = "otp_secret";
}

/// The secret as QR code: a `data:` URI of a PNG.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct OtpImageSource(#[schemars(with = "String")] Secret<String>);

impl PayloadMember for OtpImageSource {
    const NAME: &'static str = "otp_image_source";
}

/// Offers a secret to an authenticator app: a new one, or again the one that was offered before.
pub struct CreateOtpSecret;

impl Effect<Authentication> for CreateOtpSecret {
    const NAME: &'static str = "create_otp_secret";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<OtpSecret>(), MemberSchema::of::<OtpImageSource>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let services = step.context.services.clone();
        let secret = match &step.stash.otp_secret {
            // The state is shown again after a wrong code. Whoever goes back forgets the secret with all else.
            Some(offered) => TotpSecret::open(offered, &services.secrets)?,
            None => TotpSecret::draw(services.random.as_ref()),
        };
        if step.stash.otp_secret.is_none() {
            step.stash.otp_secret = Some(secret.seal(&services.secrets)?);
        }
        let account = step.stash.email.as_deref().filter(|email| !email.is_empty());
        let account = account.or(step.stash.username.as_deref()).unwrap_or_default();
        let picture = secret.qr_code(&step.settings.service.name, account)?;
        step.put(&OtpSecret(secret.base32().clone()))?;
        step.put(&OtpImageSource(picture))
    }
}
