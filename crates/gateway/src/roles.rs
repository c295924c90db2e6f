//! Which role opens what. Pure: claims and policy in, answers out.

use std::collections::HashMap;

use contract::cis2::{NrbacRole, UserOrg};
use contract::{Access, NoAccessReason, OdsCode, Organisation, Permissions, RaRole, Role, RoleAccess};

use crate::config::PolicyConfig;
use crate::store::HeldRole;

/// The roles of the claims. One that is no role by its shape is left out: nothing can be said of it.
pub(crate) fn held_roles(roles: &[NrbacRole], orgs: &[UserOrg]) -> Vec<HeldRole> {
    let names: HashMap<&str, &str> = orgs.iter().map(|org| (org.org_code.as_str(), org.org_name.as_str())).collect();
    roles.iter().filter_map(|role| held_role(role, &names)).collect()
}

fn held_role(role: &NrbacRole, names: &HashMap<&str, &str>) -> Option<HeldRole> {
    let code: contract::RoleCode = role.role_code.parse().ok()?;
    let ods: OdsCode = role.org_code.parse().ok()?;
    let name = names.get(role.org_code.as_str()).filter(|name| !name.is_empty());
    Some(HeldRole {
        role: Role {
            id: role.person_roleid.parse().ok()?,
            ra_role: ra_role(code.job_role(), &role.activity_codes),
            code,
            name: role.short_name().to_owned(),
            organisation: Organisation {
                name: name.map_or_else(|| ods.to_string(), |name| (*name).to_owned()),
                code: ods,
            },
        },
        activities: role.activity_codes.clone(),
    })
}

fn ra_role(job_role: &str, activities: &[String]) -> RaRole {
    let has = |code: &str| activities.iter().any(|activity| activity == code);
    match job_role {
        "R5080" => RaRole::RaManager,
        "R5090" if has("B0272") => RaRole::RaAgentAdvanced,
        "R5090" => RaRole::RaAgent,
        _ if has("B1300") => RaRole::Sponsor,
        _ if has("B0267") => RaRole::IdChecker,
        _ if has("B0274") => RaRole::LocalSmartcardAdministrator,
        _ => RaRole::Other,
    }
}

/// A role with what it opens at this gateway.
pub(crate) fn with_access(held: &HeldRole, policy: &PolicyConfig) -> RoleAccess {
    RoleAccess { role: held.role.clone(), access: access(held, policy) }
}

/// What a role opens at this gateway.
pub(crate) fn access(held: &HeldRole, policy: &PolicyConfig) -> Access {
    if !policy.organisations.is_empty() && !policy.organisations.contains(&held.role.organisation.code) {
        return Access::None { reason: NoAccessReason::OrganisationNotServed };
    }
    if policy.register_roles.iter().any(|role| role == held.role.code.job_role()) {
        return Access::Register;
    }
    let may_look = policy.look_activities.iter().any(|activity| held.activities.contains(activity));
    // A Registration Authority role that this gateway does not let register may still look.
    if may_look || matches!(held.role.ra_role, RaRole::RaManager | RaRole::RaAgentAdvanced | RaRole::RaAgent) {
        return Access::LookOnly;
    }
    Access::None { reason: NoAccessReason::NotAnRaRole }
}

/// What a session may do in a role with that access.
pub(crate) const fn permissions(access: Option<Access>) -> Permissions {
    match access {
        Some(Access::Register) => Permissions { find: true, register: true, remove: true },
        Some(Access::LookOnly) => Permissions { find: true, register: false, remove: false },
        Some(Access::None { .. }) | None => Permissions { find: false, register: false, remove: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(code: &str, activities: &[&str], org: &str) -> NrbacRole {
        NrbacRole {
            person_roleid: "555254240100".into(),
            person_orgid: None,
            org_code: org.into(),
            role_name: "\"Admin & Clerical\":\"Admin\":\"Registration Authority Agent\"".into(),
            role_code: code.into(),
            activity_codes: activities.iter().map(|a| (*a).to_owned()).collect(),
        }
    }

    #[test]
    fn each_role_opens_what_the_policy_says() {
        use Access::{LookOnly, Register};
        const NOT_RA: Access = Access::None { reason: NoAccessReason::NotAnRaRole };
        let everyday = PolicyConfig::default();
        let managers_only = PolicyConfig { register_roles: vec!["R5080".into()], ..PolicyConfig::default() };
        let cases: [(&str, &[&str], RaRole, Access, Access); 8] = [
            ("S0080:G0450:R5080", &[], RaRole::RaManager, Register, Register),
            ("S0080:G0440:R5090", &["B0272"], RaRole::RaAgentAdvanced, Register, LookOnly),
            ("S0080:G0440:R5090", &[], RaRole::RaAgent, Register, LookOnly),
            ("S8001:G8002:R8008", &["B1300"], RaRole::Sponsor, LookOnly, LookOnly),
            ("S8001:G8002:R8008", &["B0267"], RaRole::IdChecker, LookOnly, LookOnly),
            ("S8001:G8002:R8008", &["B0274"], RaRole::LocalSmartcardAdministrator, LookOnly, LookOnly),
            ("S8000:G8000:R8000", &["B0015"], RaRole::Other, NOT_RA, NOT_RA),
            ("S8000:G8000:R8000", &[], RaRole::Other, NOT_RA, NOT_RA),
        ];
        for (code, activities, ra_role, by_default, restricted) in cases {
            let held = held_roles(&[claim(code, activities, "B81603")], &[]).remove(0);
            assert_eq!(held.role.ra_role, ra_role, "{code} {activities:?}");
            assert_eq!(access(&held, &everyday), by_default, "{code} {activities:?}");
            assert_eq!(access(&held, &managers_only), restricted, "{code} {activities:?}");
        }
    }

    #[test]
    fn an_organisation_that_is_not_served_opens_nothing() {
        let policy = PolicyConfig { organisations: vec!["RBA".parse().unwrap()], ..PolicyConfig::default() };
        for (org, expected) in
            [("RBA", Access::Register), ("B81603", Access::None { reason: NoAccessReason::OrganisationNotServed })]
        {
            let held = held_roles(&[claim("S0080:G0450:R5080", &[], org)], &[]).remove(0);
            assert_eq!(access(&held, &policy), expected);
        }
    }

    #[test]
    fn names_come_from_the_list_of_organisations_or_are_the_code() {
        let orgs = [UserOrg { org_code: "RBA".into(), org_name: "Musgrove Park".into() }];
        let held = held_roles(&[claim("S0080:G0450:R5080", &[], "RBA"), claim("S0080:G0450:R5080", &[], "X26")], &orgs);
        assert_eq!(held[0].role.organisation.name, "Musgrove Park");
        assert_eq!(held[1].role.organisation.name, "X26");
        assert_eq!(held[0].role.name, "Registration Authority Agent");
    }

    #[test]
    fn what_is_no_role_is_left_out() {
        assert!(
            held_roles(&[claim("R5080", &[], "RBA"), claim("S0080:G0450:R5080", &[], "not an org")], &[]).is_empty()
        );
    }

    #[test]
    fn no_role_may_do_nothing() {
        let none = permissions(None);
        assert!(!none.find && !none.register && !none.remove);
        let looking = permissions(Some(Access::LookOnly));
        assert!(looking.find && !looking.register && !looking.remove);
    }
}
