//! The migrations of the original, by which an existing database is recognised (spec chapters 06 1.3 and 09 7.1).

/// The table in which the original records its migrations.
pub const BOOKKEEPING_TABLE: &str = "schema_migration";

/// How many of [`VERSIONS`] release 2.0 had; a database with less is too old to be adopted.
pub const FIRST_SUPPORTED_COUNT: usize = 43;

/// The version that adds `tenant_id` to every table.
pub const INTRODUCES_TENANTS: &str = "20260217162500";

/// All versions in order. Releases are told apart by sets, never by the newest version: migrations were released out of
/// the order of their ids.
pub const VERSIONS: [&str; 56] = [
    "20220405153240",
    "20220405153750",
    "20220405154240",
    "20220405154750",
    "20220405155120",
    "20220413152500",
    "20220425122015",
    "20220711121022",
    "20220818111000",
    "20221027104800",
    "20221027104900",
    "20221027123530",
    "20221222134900",
    "20230112152816",
    "20230206102000",
    "20230222114100",
    "20230317114334",
    "20230801124808",
    "20230810173315",
    "20230905102601",
    "20230915111552",
    "20231012141100",
    "20231013113800",
    "20240108094151",
    "20240108094210",
    "20240207150616",
    "20240530122100",
    "20240530145724",
    "20240612122326",
    "20240717020131",
    "20240717020707",
    "20240723171257",
    "20240723173648",
    "20240826132046",
    "20240826133417",
    "20241002113000",
    "20241106171500",
    "20241112181011",
    "20241118114500",
    "20250130154010",
    "20250130170131",
    "20250210095906",
    "20250313160348",
    "20250414165334",
    "20251002113000",
    "20251104000000",
    "20251119000000",
    "20260204151021",
    "20260217162000",
    "20260217162500",
    "20260520100531",
    "20260520100555",
    "20260618130626",
    "20260618132411",
    "20260625085152",
    "20260629120000",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_versions_in_ascending_order() {
        assert!(VERSIONS.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(VERSIONS[FIRST_SUPPORTED_COUNT - 1], "20250313160348");
        assert!(VERSIONS.contains(&INTRODUCES_TENANTS));
    }
}
