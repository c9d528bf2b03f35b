import { existsSync } from "node:fs";

/** What a sandboxed command sees: its own folder, what it may read, and the system's programs and libraries. */
export interface Sandboxed {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** It may write there. */
  readonly folder: string;
  readonly readable: readonly string[];
  readonly home: string | undefined;
  /** A link in /tmp, and where it leads. */
  readonly tmp: { readonly link: string; readonly folder: string };
  readonly network: boolean;
  readonly gpus: boolean;
}

/** The command line of bubblewrap. Nothing of the machine is there but what is named here. */
export function bubblewrapped(bwrap: string, sandbox: Sandboxed): readonly string[] {
  const { argv, cwd, folder, readable, home, tmp, network, gpus } = sandbox;
  const there = [...new Set([...SYSTEM, ...readable])].filter(path => existsSync(path)).sort();
  // What lies in a folder that is there is there with it.
  const seen = there.filter(path => !there.some(other => path.startsWith(`${other}/`)));
  return [
    ...[bwrap, "--die-with-parent", "--unshare-ipc", ...(network ? [] : ["--unshare-net"])],
    ...(gpus ? ["--dev-bind", "/dev", "/dev"] : ["--dev", "/dev"]),
    ...["--proc", "/proc", "--tmpfs", "/tmp", "--dir", "/var/tmp"],
    ...(home?.startsWith("/") === true && home !== "/" ? ["--dir", home] : []),
    ...seen.flatMap(path => ["--ro-bind", path, path]),
    ...["--bind", folder, folder, "--symlink", tmp.folder, tmp.link, "--chdir", cwd, "--", ...argv],
  ];
}

const SYSTEM = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix/store", "/gnu/store"],
  // What /etc/resolv.conf leads to.
  ...["/run/systemd/resolve", "/run/resolvconf"],
  "/sys/devices/system/cpu",
];
