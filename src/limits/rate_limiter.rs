//! Limits on attempts (spec chapter 06, section 8): so many per key and interval, in windows that begin with the first
//! use of a key.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::LazyLock,
    time::Duration,
};

use chrono::{DateTime, Utc};
use deadpool_redis::redis::Script;
use uuid::Uuid;

use super::{RedisError, RedisServer, windows::Windows};
use crate::config::{self, Limit, Store};

/// Counts a use if there is one left, and says whether there was, or how many milliseconds of the window are left.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local used = tonumber(redis.call('GET', KEYS[1]) or '0')
        if used >= tonumber(ARGV[1]) then return math.max(redis.call('PTTL', KEYS[1]), 0) end
        if redis.call('INCR', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return -1",
    )
});

/// Takes a use back, if its window has not ended. A window without uses is none.
static RETURN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local used = tonumber(redis.call('GET', KEYS[1]) or '0')
        if used > 1 then return redis.call('DECR', KEYS[1]) end
        return redis.call('DEL', KEYS[1])",
    )
});

/// What is limited, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket<'a> {
    /// Mails with a passcode to an address, of one client.
    Passcode(&'a str),
    /// Passwords for somebody, named as the client named them, of one client.
    Password(&'a str),
    /// One-time passwords of a user, of one client.
    Otp(Uuid),
    /// Exchanges of third-party tokens, of one client.
    TokenExchange,
    /// Wrong passcodes for an address, of all clients together: a code is so short that whoever has many addresses of
    /// their own would otherwise find it.
    PasscodeGuess(&'a str),
    /// Wrong one-time passwords of a user, of all clients together.
    OtpGuess(Uuid),
    /// Wrong codes of an authenticator app that is being set up in a flow.
    NewOtpGuess(Uuid),
}

impl Bucket<'_> {
    /// What attempts are counted under, for a client at this address.
    #[must_use]
    pub fn key(&self, ip: &str) -> String {
        let ip = network(ip);
        match self {
            Self::Passcode(address) => format!("passcode/{ip}/{address}"),
            Self::Password(identifier) => format!("password/{ip}/{identifier}"),
            Self::Otp(user) => format!("otp/{ip}/{user}"),
            Self::TokenExchange => format!("token_exchange/{ip}"),
            Self::PasscodeGuess(address) => format!("passcode_guess/{address}"),
            Self::OtpGuess(user) => format!("otp_guess/{user}"),
            Self::NewOtpGuess(flow) => format!("new_otp_guess/{flow}"),
        }
    }

    const fn limit<'l>(&self, limits: &'l config::RateLimiter) -> &'l Limit {
        match self {
            Self::Passcode(_) => &limits.passcode_limits,
            Self::Password(_) => &limits.password_limits,
            Self::Otp(_) => &limits.otp_limits,
            Self::TokenExchange => &limits.token_limits,
            Self::PasscodeGuess(_) | Self::OtpGuess(_) | Self::NewOtpGuess(_) => &limits.guess_limits,
        }
    }
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Granted,
    /// There were too many.
    Refused {
        /// Whole seconds until attempts are possible again, rounded down.
        seconds: u64,
    },
}

/// Counts attempts.
pub struct RateLimiter {
    limits: config::RateLimiter,
    counters: Counters,
}

enum Counters {
    Off,
    Memory(Windows),
    Redis(RedisServer),
}

impl RateLimiter {
    /// The limiter of the configuration. Redis is not asked yet.
    ///
    /// # Errors
    ///
    /// When the address of Redis is none.
    pub fn new(limits: &config::RateLimiter) -> Result<Self, RedisError> {
        let counters = match (limits.enabled, limits.store) {
            (false, _) => Counters::Off,
            (true, Store::InMemory) => Counters::Memory(Windows::default()),
            (true, Store::Redis) => Counters::Redis(RedisServer::new(&limits.redis_config)?),
        };
        Ok(Self { limits: limits.clone(), counters })
    }

    /// Takes an attempt of a client at `ip`. Buckets of different tenants are different ones. In Redis the time is that
    /// of Redis, which all processes share.
    ///
    /// # Errors
    ///
    /// When Redis cannot be asked.
    pub async fn attempt(
        &self,
        tenant: Uuid,
        bucket: Bucket<'_>,
        ip: &str,
        now: DateTime<Utc>,
    ) -> Result<Admission, RedisError> {
        let (tokens, interval) = bucket.limit(&self.limits).effective();
        let key = || full_key(tenant, bucket, ip);
        match &self.counters {
            Counters::Off => Ok(Admission::Granted),
            Counters::Memory(windows) => Ok(windows.take(&key(), tokens, interval, now)),
            Counters::Redis(server) => shared(server, &key(), tokens, interval).await,
        }
    }

    /// Gives an attempt back that was taken in the window that still lasts: what counts failures forgets what was none.
    ///
    /// # Errors
    ///
    /// When Redis cannot be asked.
    pub async fn give_back(&self, tenant: Uuid, bucket: Bucket<'_>, ip: &str) -> Result<(), RedisError> {
        match &self.counters {
            Counters::Off => {}
            Counters::Memory(windows) => windows.give_back(&full_key(tenant, bucket, ip)),
            Counters::Redis(server) => {
                server.run::<i64>(&RETURN, &full_key(tenant, bucket, ip), &[]).await?;
            }
        }
        Ok(())
    }
}

/// What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, all addresses of which a client can have for
/// the asking (RFC 6177).
fn network(ip: &str) -> Cow<'_, str> {
    match ip.parse() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            Cow::Owned(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string())
        }
        _ => Cow::Borrowed(ip),
    }
}

fn full_key(tenant: Uuid, bucket: Bucket<'_>, ip: &str) -> String {
    format!("rate_limit:{tenant}:{}", bucket.key(ip))
}

async fn shared(server: &RedisServer, key: &str, tokens: u32, interval: Duration) -> Result<Admission, RedisError> {
    let interval = interval.as_millis().max(1).to_string();
    let left: i64 = server.run(&TAKE, key, &[&tokens.to_string(), &interval]).await?;
    Ok(u64::try_from(left).map_or(Admission::Granted, |left| Admission::Refused { seconds: left / 1000 }))
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = match &self.counters {
            Counters::Off => "off",
            Counters::Memory(_) => "memory",
            Counters::Redis(_) => "Redis",
        };
        f.debug_struct("RateLimiter").field("store", &store).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Span,
        limits::testing,
        random::{Random, SystemRandom},
    };

    const IP: &str = "192.0.2.1";

    fn limiter(counters: Counters, interval: Span) -> RateLimiter {
        let limit = Limit { tokens: 2, interval };
        RateLimiter { limits: config::RateLimiter { otp_limits: limit, ..Default::default() }, counters }
    }

    #[test]
    fn keys_name_the_client_and_what_it_tries() {
        let keys = [
            (Bucket::Passcode("ada@example.org"), "passcode/192.0.2.1/ada@example.org"),
            (Bucket::Password("ada"), "password/192.0.2.1/ada"),
            (Bucket::Otp(Uuid::nil()), "otp/192.0.2.1/00000000-0000-0000-0000-000000000000"),
            (Bucket::TokenExchange, "token_exchange/192.0.2.1"),
            (Bucket::PasscodeGuess("ada@example.org"), "passcode_guess/ada@example.org"),
            (Bucket::OtpGuess(Uuid::nil()), "otp_guess/00000000-0000-0000-0000-000000000000"),
        ];
        for (bucket, key) in keys {
            assert_eq!(bucket.key(IP), key);
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let key = |ip| Bucket::TokenExchange.key(ip);
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "token_exchange/2001:db8:1:2::");
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("::ffff:192.0.2.1"), key("::ffff:192.0.2.2"));
    }

    /// Covers LR-411, TEN-6.
    #[tokio::test]
    async fn tenants_have_buckets_of_their_own() {
        let limiter = limiter(Counters::Memory(Windows::default()), Span::from_secs(60));
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let attempt = async |tenant| {
            let bucket = Bucket::Otp(Uuid::nil());
            limiter.attempt(Uuid::from_u128(tenant), bucket, IP, now).await.unwrap()
        };
        assert_eq!([attempt(1).await, attempt(1).await], [Admission::Granted; 2]);
        assert_eq!(attempt(1).await, Admission::Refused { seconds: 60 });
        assert_eq!(attempt(2).await, Admission::Granted);
    }

    #[tokio::test]
    async fn attempts_can_be_given_back() {
        let counters = [Some(Counters::Memory(Windows::default())), testing::redis().map(Counters::Redis)];
        for counters in counters.into_iter().flatten() {
            let limiter = limiter(counters, Span::from_secs(60));
            let (random, now): (&dyn Random, _) = (&SystemRandom, DateTime::<Utc>::UNIX_EPOCH);
            let bucket = Bucket::Otp(random.uuid());
            limiter.give_back(Uuid::nil(), bucket, IP).await.unwrap();
            for _ in 0..5 {
                assert_eq!(limiter.attempt(Uuid::nil(), bucket, IP, now).await.unwrap(), Admission::Granted);
                limiter.give_back(Uuid::nil(), bucket, IP).await.unwrap();
            }
            for _ in 0..2 {
                assert_eq!(limiter.attempt(Uuid::nil(), bucket, IP, now).await.unwrap(), Admission::Granted);
            }
            // Refused attempts are none that would have to be given back.
            for _ in 0..3 {
                assert_ne!(limiter.attempt(Uuid::nil(), bucket, IP, now).await.unwrap(), Admission::Granted);
            }
            limiter.give_back(Uuid::nil(), bucket, IP).await.unwrap();
            assert_eq!(limiter.attempt(Uuid::nil(), bucket, IP, now).await.unwrap(), Admission::Granted);
        }
    }

    /// Covers RATE-9, RATE-13, LR-408.
    #[tokio::test]
    async fn processes_share_windows_in_redis() {
        let (Some(one), Some(other)) = (testing::redis(), testing::redis()) else { return };
        let limiters = [one, other].map(|server| limiter(Counters::Redis(server), Span::from_secs(2)));
        let random: &dyn Random = &SystemRandom;
        let bucket = Bucket::Otp(random.uuid());
        let attempt = async |limiter: &RateLimiter| {
            limiter.attempt(Uuid::nil(), bucket, IP, DateTime::<Utc>::UNIX_EPOCH).await.unwrap()
        };
        for limiter in &limiters {
            assert_eq!(attempt(limiter).await, Admission::Granted);
        }
        for limiter in &limiters {
            assert!(matches!(attempt(limiter).await, Admission::Refused { seconds: 1..=2 }));
        }
        tokio::time::sleep(Duration::from_millis(2100)).await;
        assert_eq!([attempt(&limiters[0]).await, attempt(&limiters[1]).await], [Admission::Granted; 2]);
        assert_ne!(attempt(&limiters[0]).await, Admission::Granted);
    }
}
