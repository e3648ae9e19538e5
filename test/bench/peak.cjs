// Loaded before a tool that is measured: when it ends, its peak memory (kB) goes to the file of $DRYWALL_PEAK.
const { reallyExit } = process;
process.reallyExit = (status) => {
  require('node:fs').writeFileSync(process.env.DRYWALL_PEAK, String(process.resourceUsage().maxRSS));
  reallyExit.call(process, status);
};
