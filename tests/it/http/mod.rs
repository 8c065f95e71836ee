//! The public and the admin server over HTTP.

mod admin_password;
mod admin_users;
mod cors;
mod documents;
mod gateway;
mod keys;
mod logout;
mod me;
mod routes;
mod validate;
