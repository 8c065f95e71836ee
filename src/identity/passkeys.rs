//! Passkeys and security keys: ceremonies that are begun in one request and finished in another, and the credentials that come of them
//! (spec chapter 02, sections 16.5, 16.8 and 17.4). Between the requests the ceremony is a row, so that any replica can
//! finish it; a ceremony is finished at most once, whether it succeeds or not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
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
    storage::{
        self, StorageError, UnitOfWork,
        entities::webauthn_credentials::Model as Row,
        webauthn_session_data::{self as ceremonies, Ceremony},
    },
};

/// What a credential is asked to prove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Who somebody is. A credential made for this is a passkey.
    #[default]
    FirstFactor,
    /// That somebody is who they have proven to be before. A credential made for this is a security key.
    SecondFactor,
}

/// A credential that was created and is not stored yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// What it was created for.
    pub purpose: Purpose,
    /// The credential.
    pub credential: NewCredential,
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
    moment: Moment<'_>,
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
    moment: Moment<'_>,
) -> Result<(Uuid, RequestOptions), StorageError> {
    let credentials = storage::webauthn_credentials::of_user(unit, user).await?;
    let mut passkeys = descriptors(unit, user, &credentials).await?;
    let is_passkey = |id: &CredentialId| credentials.iter().any(|row| !row.mfa_only && row.id == id.to_string());
    passkeys.retain(|descriptor| is_passkey(&descriptor.id));
    match party.start_for(user, passkeys, verification, moment.now, moment.random) {
        Ok((options, ceremony)) => Ok((remember(unit, SessionData::from(&ceremony), moment).await?, options)),
        Err(_) => request_any(unit, party, verification, moment).await,
    }
}

/// Begins a ceremony in which one of the user's credentials of whatever kind is asked for as second factor; the inner
/// error says that there is none.
///
/// # Errors
///
/// When the database fails.
pub async fn request_second_factor(
    unit: &mut UnitOfWork,
    party: &RelyingParty,
    user: Uuid,
    verification: UserVerification,
    moment: Moment<'_>,
) -> Result<Result<(Uuid, RequestOptions), WebauthnError>, StorageError> {
    let credentials = storage::webauthn_credentials::of_user(unit, user).await?;
    let allowed = descriptors(unit, user, &credentials).await?;
    match party.start_for(user, allowed, verification, moment.now, moment.random) {
        Ok((options, ceremony)) => Ok(Ok((remember(unit, SessionData::from(&ceremony), moment).await?, options))),
        Err(error) => Ok(Err(error)),
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
    moment: Moment<'_>,
) -> Result<(Uuid, CreationOptions), StorageError> {
    let known = storage::webauthn_credentials::of_user(unit, registrant.id).await?;
    let exclude = descriptors(unit, registrant.id, &known).await?;
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
    // What never gets as far as being verified uses no challenge up.
    let Some(session) = take(unit, ceremony).await? else { return Ok(Err(Rejected::NoCeremony)) };
    let stored = StoredCredential {
        id: response.credential_id().clone(),
        user_id: credential.user_id.into(),
        user_handle: user_handle(unit, &credential).await?,
        public_key: credential.public_key,
        sign_count: u32::try_from(credential.sign_count).unwrap_or(0),
    };
    let ceremony = session.try_into();
    let verified = ceremony.and_then(|ceremony| party.finish_authentication(&ceremony, &response, &stored, now));
    match verified {
        Ok(used) => {
            let (count, eligible, backed_up) = (used.sign_count, used.backup_eligible, used.backup_state);
            storage::webauthn_credentials::record_use(unit, &id, count, eligible, backed_up, now).await?;
            Ok(Ok(stored.user_id))
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
    let Some(session) = take(unit, ceremony).await? else { return Ok(Err(Rejected::NoCeremony)) };
    let registered = session.try_into().and_then(|ceremony| party.finish_registration(&ceremony, user, &answer, now));
    match registered {
        Ok(credential) if storage::webauthn_credentials::exists(unit, &credential.id.to_string()).await? => {
            Ok(Err(Rejected::Duplicate))
        }
        registered => Ok(registered.map_err(Rejected::from)),
    }
}

/// Adds a credential to an account.
///
/// # Errors
///
/// When the database fails, also because somebody registered the same credential meanwhile.
pub async fn store(
    unit: &mut UnitOfWork,
    names: &AuthenticatorNames,
    user: Uuid,
    Created { purpose, credential }: &Created,
    moment: Moment<'_>,
) -> Result<(), StorageError> {
    let row = storage::webauthn_credentials::NewCredential {
        id: credential.id.to_string(),
        user,
        public_key: credential.public_key.clone(),
        attestation_type: credential.attestation_type.clone(),
        aaguid: credential.aaguid,
        sign_count: credential.sign_count,
        name: names.name(credential.aaguid).map(str::to_owned),
        backup_eligible: credential.backup_eligible,
        backup_state: credential.backup_state,
        last_used_at: Some(moment.now),
        mfa_only: *purpose == Purpose::SecondFactor,
        transports: credential.transports.clone(),
    };
    storage::webauthn_credentials::insert(unit, moment.random, row, moment.now).await
}

/// Keeps a ceremony until it is finished.
async fn remember(unit: &mut UnitOfWork, session: SessionData, moment: Moment<'_>) -> Result<Uuid, StorageError> {
    let id = moment.id();
    let row = Ceremony {
        id,
        challenge: session.challenge,
        user: session.user_id,
        user_verification: session.user_verification,
        operation: session.operation,
        expires_at: session.expires_at,
        allowed_credentials: session.allowed_credentials,
    };
    ceremonies::insert(unit, moment.random, row, moment.now).await?;
    Ok(id)
}

/// Ends a ceremony: only one request gets it.
async fn take(unit: &mut UnitOfWork, id: Uuid) -> Result<Option<SessionData>, StorageError> {
    let Some(row) = ceremonies::by_id(unit, id).await? else { return Ok(None) };
    if !ceremonies::take(unit, id).await? {
        return Ok(None);
    }
    Ok(Some(SessionData {
        challenge: row.challenge,
        user_id: row.user,
        user_verification: row.user_verification,
        operation: row.operation,
        expires_at: row.expires_at,
        allowed_credentials: row.allowed_credentials,
    }))
}

async fn descriptors(unit: &UnitOfWork, user: Uuid, rows: &[Row]) -> Result<Vec<CredentialDescriptor>, StorageError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let transports = storage::webauthn_credentials::transports_of_user(unit, user).await?;
    let describe = |row: &Row| {
        let own = transports.iter().filter(|transport| transport.webauthn_credential_id == row.id);
        Some(CredentialDescriptor::new(
            CredentialId::parse(&row.id)?,
            own.map(|transport| transport.name.clone()).collect(),
        ))
    };
    Ok(rows.iter().filter_map(describe).collect())
}

/// The handle under which an authenticator knows the owner of a credential.
async fn user_handle(unit: &UnitOfWork, credential: &Row) -> Result<UserHandle, StorageError> {
    if let Some(id) = credential.user_handle_id {
        let handles = storage::webauthn_credentials::user_handles_of_user(unit, credential.user_id.into()).await?;
        if let Some(found) = handles.into_iter().find(|handle| handle.id == id) {
            return Ok(UserHandle::custom(&found.handle));
        }
    }
    Ok(UserHandle::of_user(credential.user_id.into()))
}
