//! Passkeys: ceremonies that are begun in one request and finished in another, and the credentials that come of them
//! (spec chapter 02, sections 16.5, 16.8 and 17.4). Between the requests the ceremony is a row, so that any replica can
//! finish it; a ceremony is finished at most once, whether it succeeds or not.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    moment::Moment,
    webauthn::{
        AssertionResponse, AuthenticatorNames, CreationOptions, CredentialDescriptor, CredentialId, NewCredential,
        Registrant, RegistrationSettings, RelyingParty, RequestOptions, SessionData, StoredCredential, UserHandle,
        WebauthnError,
    },
};
use crate::{
    config::UserVerification,
    storage::{self, StorageError, UnitOfWork, webauthn_credentials::Credential},
};

/// What a credential is asked to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Who somebody is.
    FirstFactor,
    /// That somebody is who they have proven to be before.
    SecondFactor,
}

/// Why an answer proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// The answer does not fit.
    #[error(transparent)]
    Invalid(#[from] WebauthnError),
    /// The ceremony is unknown or over.
    #[error("the ceremony is unknown or over")]
    NoCeremony,
    /// No account has the credential.
    #[error("the credential is unknown")]
    UnknownCredential,
    /// The credential proves only a second factor, and a first one was asked for.
    #[error("the credential proves only a second factor")]
    SecondFactorOnly,
    /// The credential is stored already.
    #[error("the credential is registered already")]
    Duplicate,
}

/// Begins a ceremony in which any passkey will do. Gives the id of its row and what the browser is asked.
///
/// # Errors
///
/// When the row cannot be written.
pub async fn request_any(
    unit: &mut UnitOfWork,
    party: &RelyingParty,
    verification: UserVerification,
    moment: &Moment<'_>,
) -> Result<(Uuid, RequestOptions), StorageError> {
    let (options, ceremony) = party.start_discoverable(verification, moment.now, moment.random);
    Ok((remember(unit, SessionData::from(&ceremony), moment).await?, options))
}

/// Begins a ceremony in which one of the user's own passkeys is asked for; any passkey when the user has none.
///
/// # Errors
///
/// When the database fails.
pub async fn request_own(
    unit: &mut UnitOfWork,
    party: &RelyingParty,
    user: Uuid,
    verification: UserVerification,
    moment: &Moment<'_>,
) -> Result<(Uuid, RequestOptions), StorageError> {
    let credentials = storage::webauthn_credentials::of_user(unit, user).await?;
    let passkeys: Vec<CredentialDescriptor> =
        credentials.iter().filter(|credential| !credential.mfa_only).filter_map(descriptor).collect();
    match party.start_for(user, passkeys, verification, moment.now, moment.random) {
        Ok((options, ceremony)) => Ok((remember(unit, SessionData::from(&ceremony), moment).await?, options)),
        Err(_) => request_any(unit, party, verification, moment).await,
    }
}

/// Begins a ceremony in which a credential is created. Credentials that the user has are excluded.
///
/// # Errors
///
/// When the database fails.
pub async fn create(
    unit: &mut UnitOfWork,
    party: &RelyingParty,
    registrant: Registrant,
    settings: RegistrationSettings,
    moment: &Moment<'_>,
) -> Result<(Uuid, CreationOptions), StorageError> {
    let known = storage::webauthn_credentials::of_user(unit, registrant.id).await?;
    let exclude = known.iter().filter_map(descriptor).collect();
    let (options, ceremony) = party.start_registration(settings, registrant, exclude, moment.now, moment.random);
    Ok((remember(unit, SessionData::from(&ceremony), moment).await?, options))
}

/// Finishes a ceremony in which a credential was asked for. Gives the owner of the credential.
///
/// # Errors
///
/// When the database fails; that the answer proves nothing is no error but the inner result.
pub async fn finish_assertion(
    unit: &mut UnitOfWork,
    party: &RelyingParty,
    now: DateTime<Utc>,
    ceremony: Uuid,
    purpose: Purpose,
    answer: Value,
) -> Result<Result<Uuid, Rejected>, StorageError> {
    let Some(row) = storage::webauthn_session_data::take(unit, ceremony).await? else {
        return Ok(Err(Rejected::NoCeremony));
    };
    let response = match AssertionResponse::parse(&answer) {
        Ok(response) => response,
        Err(error) => return Ok(Err(error.into())),
    };
    let id = response.credential_id().to_string();
    let Some(credential) = storage::webauthn_credentials::by_id(unit, &id).await? else {
        return Ok(Err(Rejected::UnknownCredential));
    };
    if credential.mfa_only && purpose == Purpose::FirstFactor {
        return Ok(Err(Rejected::SecondFactorOnly));
    }
    let verified = stored(&credential).and_then(|stored| {
        party.finish_authentication(&session_data(row).try_into()?, &response, &stored, now)
    });
    match verified {
        Ok(used) => {
            let count = i32::try_from(used.sign_count).unwrap_or(i32::MAX);
            let flags = (used.backup_eligible, used.backup_state);
            storage::webauthn_credentials::record_use(unit, &id, count, flags, now).await?;
            Ok(Ok(credential.user_id.into()))
        }
        Err(error) => Ok(Err(error.into())),
    }
}

/// Finishes a ceremony in which a credential was created. The credential is not stored yet.
///
/// # Errors
///
/// When the database fails; that the answer is not acceptable is no error but the inner result.
pub async fn finish_registration(
    unit: &mut UnitOfWork,
    party: &RelyingParty,
    now: DateTime<Utc>,
    ceremony: Uuid,
    user: Uuid,
    answer: Value,
) -> Result<Result<NewCredential, Rejected>, StorageError> {
    let Some(row) = storage::webauthn_session_data::take(unit, ceremony).await? else {
        return Ok(Err(Rejected::NoCeremony));
    };
    let registered =
        session_data(row).try_into().and_then(|ceremony| party.finish_registration(&ceremony, user, &answer, now));
    match registered {
        Ok(credential) if storage::webauthn_credentials::by_id(unit, &credential.id.to_string()).await?.is_some() => {
            Ok(Err(Rejected::Duplicate))
        }
        registered => Ok(registered.map_err(Rejected::from)),
    }
}

/// Adds a passkey to an account.
///
/// # Errors
///
/// When the database fails, also because somebody registered the same credential meanwhile.
pub async fn store(
    unit: &mut UnitOfWork,
    names: &AuthenticatorNames,
    user: Uuid,
    credential: &NewCredential,
    moment: &Moment<'_>,
) -> Result<(), StorageError> {
    let row = storage::webauthn_credentials::New {
        id: credential.id.to_string(),
        user_id: user,
        public_key: credential.public_key.clone(),
        attestation_type: credential.attestation_type.clone(),
        aaguid: credential.aaguid,
        sign_count: i32::try_from(credential.sign_count).unwrap_or(i32::MAX),
        name: names.name(credential.aaguid).map(str::to_owned),
        backup_eligible: credential.backup_eligible,
        backup_state: credential.backup_state,
        mfa_only: false,
        transports: credential.transports.iter().map(|name| (moment.id().to_string(), name.clone())).collect(),
    };
    storage::webauthn_credentials::insert(unit, row, moment.now).await
}
