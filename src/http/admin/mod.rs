//! The admin server, for the back office: one file per endpoint. It has no authentication of its own, the network must
//! keep it apart.

pub mod password;
pub mod users;

use poem::Route;
use poem_openapi::OpenApiService;
use serde_json::Value;

use crate::http::{
    public::{health::HealthApi, status::RootApi},
    tags,
};

type Apis = (RootApi, HealthApi, users::UsersApi, password::PasswordApi);

fn service() -> OpenApiService<Apis, ()> {
    OpenApiService::new(
        (RootApi { built_in: false }, HealthApi, users::UsersApi, password::PasswordApi),
        "Sealflow admin API",
        env!("CARGO_PKG_VERSION"),
    )
    .description("Accounts, managed from the back office. There is no authentication: keep it off the internet.")
}

/// The OpenAPI document of the admin server.
#[must_use]
pub fn admin_api_spec() -> Value {
    tags::arranged(serde_json::from_str(&service().spec()).unwrap_or_default())
}

/// The routes of the admin server.
#[must_use]
pub fn routes() -> Route {
    Route::new().nest("/", service())
}
