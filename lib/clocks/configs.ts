// Configuration of the clock daemons, as plain text.

export interface Daemon {
  /** Whose clock the others follow, or a follower. */
  role: "master" | "slave";
  /** Whether it may set the clock; else it only measures. */
  adjust: boolean;
}

interface PtpDaemon extends Daemon {
  /** PTP's domain, in which there is no clock but this stack's. */
  domain: number;
  /** Folder of what it writes. */
  run: string;
}

/** ptpd 2.3. What it finds at each Sync message goes to the statistics, its state to the status file. */
export function ptpdConfig({ role, adjust, domain, run }: PtpDaemon): string {
  return lines(
    `ptpengine:preset=${role}only`,
    `ptpengine:domain=${domain}`,
    // One a second each: with PTP's own two seconds between announcements, locking takes twice as long.
    "ptpengine:log_announce_interval=0",
    "ptpengine:announce_receipt_timeout=3",
    "ptpengine:log_sync_interval=0",
    "ptpengine:log_delayreq_interval=0",
    // A clock that is half a second off would take a quarter of an hour to be slewed.
    ...(adjust ? ["clock:step_startup_force=y"] : ["clock:no_adjust=y"]),
    "global:foreground=y",
    `global:lock_file=${run}/ptpd.lock`,
    "global:log_status=y",
    `global:status_file=${run}/ptpd.status`,
    "global:status_update_interval=1",
    "global:log_statistics=y",
    `global:statistics_file=${run}/ptpd.statistics`,
    "global:statistics_log_interval=0",
    "global:statistics_file_max_size=1000",
    "global:statistics_file_max_files=1",
    "global:statistics_file_truncate=y",
  );
}

/** linuxptp 3.1 or later; interface and kind of time stamps are arguments. */
export function ptp4lConfig({ role, adjust, domain, run }: PtpDaemon): string {
  return lines(
    "[global]",
    `domainNumber ${domain}`,
    `${role}Only 1`,
    "logAnnounceInterval 0",
    "logSyncInterval 0",
    "logMinDelayReqInterval 0",
    // It says every second that its master's time is not TAI, which only matters where it is.
    "logging_level 5",
    `uds_address ${run}/ptp4l.sock`,
    ...(adjust ? ["first_step_threshold 0.0001"] : ["free_running 1"]),
  );
}

interface ChronyDaemon extends Daemon {
  /** Hosts whose time it takes; a slave has one, the master's address. */
  servers: readonly string[];
  /** On which the master answers and is asked. @default 123 */
  port?: number;
  /** Begins the names of its files: those of the distribution's own chrony stay apart. */
  name: string;
}

/** Files where the distributions' AppArmor and SELinux rules let chronyd have them. */
export const chronyPaths = (name: string) => ({
  config: `/etc/chrony/${name}.conf`,
  socket: `/run/chrony/${name}.sock`,
  pid: `/run/chrony/${name}.pid`,
});

/** chrony 3 or later. A master serves its own time where it has no better one. */
export function chronyConfig({ role, adjust, servers, port, name }: ChronyDaemon): string {
  const { socket, pid } = chronyPaths(name);
  const source = (server: string) =>
    role === "master"
      ? `pool ${server} iburst`
      : `server ${server}${port ? ` port ${port}` : ""} iburst minpoll 0 maxpoll 0 xleave`;
  return lines(
    ...servers.map(source),
    ...(role === "master" ? ["local stratum 10", "allow", ...(port ? [`port ${port}`] : [])] : ["port 0"]),
    ...(adjust ? ["makestep 0.0001 3", "rtcsync", `driftfile /var/lib/chrony/${name}.drift`] : []),
    "cmdport 0",
    `bindcmdaddress ${socket}`,
    `pidfile ${pid}`,
  );
}

/** chrony beside PTP: takes the time of the internet, and serves nobody. */
export function bridgeConfig(servers: readonly string[], name: string): string {
  const { socket, pid } = chronyPaths(name);
  return lines(
    ...servers.map((server) => `pool ${server} iburst`),
    ...["port 0", "makestep 0.1 3", "rtcsync", `driftfile /var/lib/chrony/${name}.drift`],
    ...["cmdport 0", `bindcmdaddress ${socket}`, `pidfile ${pid}`],
  );
}

const lines = (...all: string[]) => `${all.join("\n")}\n`;
