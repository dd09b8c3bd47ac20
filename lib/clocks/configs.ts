// Configuration files of the clock daemons.

/** A clock daemon. */
export interface Daemon {
  /** `master`: the other clocks follow it; `slave`: it follows the master. */
  role: "master" | "slave";
  /** Whether it sets the clock; if not, it only measures the offset. */
  adjust: boolean;
}

interface PtpDaemon extends Daemon {
  /** The PTP domain, which only this stack uses. */
  domain: number;
  /** Folder of the files that it writes. */
  run: string;
}

/** For ptpd 2.3. It writes its measurements to the statistics file and its state to the status file. */
export function ptpdConfig({ role, adjust, domain, run }: PtpDaemon): string {
  return lines(
    `ptpengine:preset=${role}only`,
    `ptpengine:domain=${domain}`,
    // One message per second: with PTP's default of two seconds between announcements, locking takes twice as long.
    "ptpengine:log_announce_interval=0",
    "ptpengine:announce_receipt_timeout=3",
    "ptpengine:log_sync_interval=0",
    "ptpengine:log_delayreq_interval=0",
    // Slewing a clock that is off by half a second would take 15 minutes.
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

/** For ptp4l of linuxptp 3.1 or later; interface and kind of time stamps are arguments. */
export function ptp4lConfig({ role, adjust, domain, run }: PtpDaemon): string {
  return lines(
    "[global]",
    `domainNumber ${domain}`,
    `${role}Only 1`,
    "logAnnounceInterval 0",
    "logSyncInterval 0",
    "logMinDelayReqInterval 0",
    // Without this it logs every second that its master's time is not TAI.
    "logging_level 5",
    `uds_address ${run}/ptp4l.sock`,
    ...(adjust ? ["first_step_threshold 0.0001"] : ["free_running 1"]),
  );
}

interface ChronyDaemon extends Daemon {
  /** Its time sources; a slave has one, the master's address. */
  servers: readonly string[];
  /** The NTP port of the master. @default 123 */
  port?: number;
  /** Prefix of its files' names, which keeps them apart from those of the distribution's chrony. */
  name: string;
}

/** Paths that the distributions' AppArmor and SELinux rules allow for chronyd. */
export const chronyPaths = (name: string) => ({
  config: `/etc/chrony/${name}.conf`,
  socket: `/run/chrony/${name}.sock`,
  pid: `/run/chrony/${name}.pid`,
});

/** For chrony 3 or later. A master without time sources serves its own time. */
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

/** For chrony beside PTP: it follows NTP servers and serves no clients. */
export function bridgeConfig(servers: readonly string[], name: string): string {
  const { socket, pid } = chronyPaths(name);
  return lines(
    ...servers.map((server) => `pool ${server} iburst`),
    ...["port 0", "makestep 0.1 3", "rtcsync", `driftfile /var/lib/chrony/${name}.drift`],
    ...["cmdport 0", `bindcmdaddress ${socket}`, `pidfile ${pid}`],
  );
}

const lines = (...all: string[]) => `${all.join("\n")}\n`;
