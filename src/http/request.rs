//! What a handler may know about a request besides its own input: which tenant it is for, where it comes from and what
//! it is called in logs. The gateway finds it out once; nothing is copied until somebody asks.

use std::{net::IpAddr, sync::Arc};

use poem::{
    FromRequest, Request, RequestBody, Result,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

use crate::{
    app::Tenant,
    http::{error::ApiError, middleware::X_REQUEST_ID},
    notify::audit::RequestMeta,
};

const X_LANGUAGE: HeaderName = HeaderName::from_static("x-language");

/// What the gateway found out about a request.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The request id.
    pub id: HeaderValue,
    /// The client's address.
    pub client_ip: IpAddr,
    /// Everything that the request works with.
    pub tenant: Arc<Tenant>,
}

/// A request as handlers see it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    request: &'a Request,
    arrival: &'a Arrival,
}

impl<'a> Call<'a> {
    /// Everything that the request works with.
    #[must_use]
    pub fn tenant(&self) -> &'a Arc<Tenant> {
        &self.arrival.tenant
    }

    /// The request id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.arrival.id.to_str().unwrap_or_default()
    }

    /// The client's address.
    #[must_use]
    pub fn client_ip(&self) -> IpAddr {
        self.arrival.client_ip
    }

    /// The header `User-Agent`; empty when it is missing or not text.
    #[must_use]
    pub fn user_agent(&self) -> &'a str {
        text(self.headers(), &header::USER_AGENT)
    }

    /// The header `X-Language` as it was sent; empty when it is missing. Browsers may send `undefined`.
    #[must_use]
    pub fn language(&self) -> &'a str {
        text(self.headers(), &X_LANGUAGE)
    }

    /// What the audit log records about the request.
    #[must_use]
    pub fn meta(&self) -> RequestMeta {
        RequestMeta {
            request_id: self.id().to_owned(),
            ip: self.client_ip().to_string(),
            user_agent: self.user_agent().to_owned(),
        }
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.request.headers()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl<'a> FromRequest<'a> for Call<'a> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let arrival = request
            .data()
            .ok_or_else(|| ApiError::internal(format!("a request without {X_REQUEST_ID} did not pass the gateway")))?;
        Ok(Self { request, arrival })
    }
}
