import { NO_ACCESS } from "../content/codes";
import { roleName } from "../content/people";
import { ACCESS, CHOOSE_ROLE } from "../content/signing-in";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSession, useSignedIn } from "../frame/session";
import { Button, Card, Details, Heads, Table } from "../nhs";

/** Roles with access as cards; those without, and why, below them. */
export function ChooseRole() {
  const { person } = useSignedIn();
  const { changeRole } = useSession();
  const { back, canGoBack } = usePlaces();
  const open = person.roles.filter((role) => role.access !== "none");
  const shut = person.roles.filter((role) => role.access === "none");
  return (
    <Page
      name="choose-role"
      title={CHOOSE_ROLE.title}
      problem={changeRole.fault !== null && changeRole.fault.code !== "SIGN_IN_CANCELLED"}
      onBack={person.may_find && canGoBack ? back : undefined}
    >
      <FaultSummary fault={changeRole.fault} attempt={changeRole.faults} />
      <Heading>{CHOOSE_ROLE.title}</Heading>
      {open.length === 0 ? <p>{CHOOSE_ROLE.none}</p> : <p>{CHOOSE_ROLE.browser}</p>}
      {open.map((role) => (
        <Card key={role.id} className="ra-role">
          <Card.Heading className="nhsuk-heading-m" headingLevel="h2">
            {roleName(role)}
          </Card.Heading>
          <p>
            {role.organisation_name} ({role.organisation_code})
          </p>
          <p>
            {CHOOSE_ROLE.can} {ACCESS[role.access]}.
          </p>
          {role.current ? (
            <p className="ra-current">
              <strong>{CHOOSE_ROLE.current}</strong>
            </p>
          ) : (
            <Button small look="secondary" id={`role-${role.id}`} onClick={() => changeRole.run(role.id)}>
              {CHOOSE_ROLE.choose}
              <span className="nhsuk-u-visually-hidden">
                : {roleName(role)}, {role.organisation_name}
              </span>
            </Button>
          )}
        </Card>
      ))}
      {shut.length > 0 && (
        <Details>
          <Details.Summary>{CHOOSE_ROLE.without(shut.length)}</Details.Summary>
          <Details.Text>
            <RoleTable roles={shut} />
          </Details.Text>
        </Details>
      )}
    </Page>
  );
}

/** Roles that open nothing, with the reason. */
export function RoleTable({ roles }: { roles: ReturnType<typeof useSignedIn>["person"]["roles"] }) {
  return (
    <Table responsive>
      <Heads names={[CHOOSE_ROLE.role, CHOOSE_ROLE.organisation, CHOOSE_ROLE.why]} />
      <Table.Body>
        {roles.map((role) => (
          <Table.Row key={role.id}>
            <Table.Cell>{roleName(role)}</Table.Cell>
            <Table.Cell>
              {role.organisation_name} ({role.organisation_code})
            </Table.Cell>
            <Table.Cell>{NO_ACCESS[role.reason ?? "not_an_ra_role"]}</Table.Cell>
          </Table.Row>
        ))}
      </Table.Body>
    </Table>
  );
}
