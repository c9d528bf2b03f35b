import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { tempFolder } from "./temp.js";

/**
 * Makes a Vulkan driver that computes on the processor known to this process's children, where one is installed and
 * no other is named: Mesa's lavapipe (Debian: libvulkan1, mesa-vulkan-drivers), else SwiftShader (chromium-common).
 */
export function useSoftwareVulkan(): void {
  const { env } = process;
  env["XDG_RUNTIME_DIR"] ??= tempFolder();
  if (env["VK_DRIVER_FILES"] !== undefined || env["VK_ICD_FILENAMES"] !== undefined) return;
  if (listed(DRIVERS).some(name => name.endsWith(".json"))) return; // Vulkan finds these by itself.
  if (!existsSync(join(SWIFTSHADER, "vk_swiftshader_icd.json"))) return;
  env["VK_ICD_FILENAMES"] = join(SWIFTSHADER, "vk_swiftshader_icd.json");
  env["LD_LIBRARY_PATH"] = [SWIFTSHADER, env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
}

const DRIVERS = "/usr/share/vulkan/icd.d";
const SWIFTSHADER = "/usr/lib/chromium";

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
