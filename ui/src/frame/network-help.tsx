// What mends the network besides waiting: a sign-in to its proxy, or servers for the IT desk to let through.

import { type FormEvent, useState } from "react";
import { type NetworkFault, useAct, useDesk, useKeep } from "../bridge";
import { ASKS_PROXY_SIGN_IN, NAMES_SERVERS, PROXY_SIGN_IN } from "../content/network";
import { Button, TextInput } from "../nhs";
import { FaultSummary } from "./page";
import { useSnapshot } from "./session";

export function NetworkHelp({ fault }: { fault: NetworkFault | undefined }) {
  const { servers } = useSnapshot();
  if (!fault) return null;
  if (ASKS_PROXY_SIGN_IN.has(fault)) return <ProxySignIn />;
  if (!NAMES_SERVERS.has(fault)) return null;
  return (
    <ul className="nhsuk-list nhsuk-list--bullet" id="servers">
      {servers.map((server) => (
        <li key={server}>{server}</li>
      ))}
    </ul>
  );
}

/** The password is kept by this form while it is typed, and by nothing afterwards. */
function ProxySignIn() {
  const desk = useDesk();
  const keep = useKeep();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { proxy_asking: proxy } = useSnapshot();
  const signIn = useAct(async () => {
    const given = password;
    setPassword("");
    keep.snapshot(await desk.proxySignIn(name, given));
  });
  if (signIn.done > 0 && !signIn.fault) return <p role="status">{PROXY_SIGN_IN.done}</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.run();
  };
  return (
    <form onSubmit={submit} noValidate id="proxy-sign-in">
      <h2 className="nhsuk-heading-s">{PROXY_SIGN_IN.heading}</h2>
      <FaultSummary fault={signIn.fault} attempt={signIn.faults} />
      {proxy && <p id="proxy-address">{PROXY_SIGN_IN.whose(proxy.address)}</p>}
      {proxy && !proxy.encrypted && <p id="proxy-readable">{PROXY_SIGN_IN.readable}</p>}
      <TextInput
        id="proxy-name"
        name="proxy-name"
        label={PROXY_SIGN_IN.name}
        labelProps={{ size: "s" }}
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextInput
        id="proxy-password"
        name="proxy-password"
        type="password"
        label={PROXY_SIGN_IN.password}
        labelProps={{ size: "s" }}
        hint={PROXY_SIGN_IN.kept}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="off"
      />
      <Button small look="secondary" type="submit" id="proxy-button" busy={signIn.busy && PROXY_SIGN_IN.busy}>
        {PROXY_SIGN_IN.button}
      </Button>
    </form>
  );
}
