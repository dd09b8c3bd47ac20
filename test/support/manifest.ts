/** A host as its manifest shows it. */
export interface ManifestHost {
  name: string;
  /** Its address on the network over which users log in. */
  address: string;
  /** Its address on the network that only the hosts have. */
  lanAddress: string;
}

const TESTBED = "urn:publicid:IDN+lab.example.org";
const CM = `${TESTBED}+authority+cm`;

/**
 * A manifest as testbeds based on Emulab write it: prefixed elements, a login for each member of the project and one with a
 * password, hardware addresses without colons, names that are not in alphabetical order.
 */
export function manifest(hosts: readonly ManifestHost[], user: string): string {
  const interfaceOf = (index: number) =>
    `client_id="${nodeOf(index)}:if0" sliver_id="${TESTBED}+sliver+${7100 + index}"`;
  const node = ({ name, address, lanAddress }: ManifestHost, index: number) => `
  <g:node client_id="${nodeOf(index)}" exclusive="true" component_manager_id="${CM}" component_id="${TESTBED}+node+${name}" sliver_id="${TESTBED}+sliver+${7000 + index}">
    <g:sliver_type name="raw-pc"><g:disk_image name="${TESTBED}+image+emulab-ops:DEB12-64-STD"/></g:sliver_type>
    <g:services>
      <g:login authentication="password" hostname="${address}" port="22" username="root:secret"/>
      <g:login authentication="ssh-keys" hostname="${address}" port="22" username="ann"/>
      <g:login authentication="ssh-keys" hostname="${address}" port="22" username="${user}"/>
      <emulab:console server="boss.lab.example.org"/>
    </g:services>
    <g:interface ${interfaceOf(index)} component_id="${TESTBED}+interface+${name}:eth1" mac_address="${macOf(lanAddress)}">
      <g:ip address="${lanAddress}" netmask="255.255.0.0" type="ipv4"/>
    </g:interface>
    <emulab:vnode name="${name}" hardware_type="pcgen03-1p"/>
    <g:host name="${nodeOf(index)}.latency.project.lab.example.org" ipv4="${address}"/>
  </g:node>`;
  // A manifest has no particular order.
  const nodes = hosts.map(node).reverse().join("");
  return `<?xml version="1.0" encoding="UTF-8"?>
<g:rspec xmlns:g="http://www.geni.net/resources/rspec/3" xmlns:emulab="http://www.protogeni.net/resources/rspec/ext/emulab/1" type="manifest" expires="2099-01-01T00:00:00Z">${nodes}
  <g:link client_id="lan0" sliver_id="${TESTBED}+sliver+7999" vlantag="301">
    <g:component_manager name="${CM}"/>${hosts.map((_, index) => `\n    <g:interface_ref ${interfaceOf(index)}/>`).join("")}
    <g:link_type name="lan"/>
  </g:link>
</g:rspec>
`;
}

/** n2, n9, n16, …: alphabetically, the third comes before the second. */
const nodeOf = (index: number) => `n${2 + 7 * index}`;

/** The hardware address that Docker derives from an address. */
function macOf(address: string): string {
  const digits = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `0242${digits.join("")}`;
}
