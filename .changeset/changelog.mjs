// What changed, in the words of its changeset. That the packages of a release depend on each other goes without saying.
export default {
  getReleaseLine: async ({ summary }) => {
    const [first, ...others] = summary.trim().split("\n");
    return [`- ${first}`, ...others.map((line) => `  ${line}`.trimEnd())].join("\n");
  },
  getDependencyReleaseLine: async () => "",
};
