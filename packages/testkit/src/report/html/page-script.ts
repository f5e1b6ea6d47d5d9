/** What the page does: filters, links that open the check they lead to, and the address that remembers both. */
export const pageScript = `
(() => {
  const form = document.querySelector(".filters");
  const checks = [...document.querySelectorAll(".check")].map((element) => ({
    element,
    text: (element.id + " " + element.querySelector(".what").textContent + " " + element.dataset.rules).toLowerCase(),
    family: element.closest(".family").dataset.family,
    statuses: element.dataset.statuses.split(" "),
  }));
  const apply = () => {
    const { text, status, family, level } = Object.fromEntries(new FormData(form));
    const words = text.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const check of checks) {
      const fits =
        words.every((word) => check.text.includes(word)) &&
        (status === "all" || check.statuses.includes(status)) &&
        (family === "" || check.family === family) &&
        (level === "" || check.element.dataset.level === level);
      check.element.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const section of document.querySelectorAll(".family")) section.hidden = !section.querySelector(".check:not([hidden])");
    document.querySelector(".nothing").hidden = shown > 0;
    form.querySelector("output").textContent = shown === checks.length ? shown + " checks" : shown + " of " + checks.length + " checks";
  };
  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.classList.contains("check")) return;
    if (target.hidden) { form.reset(); apply(); }
    target.open = true;
    target.scrollIntoView({ block: "center" });
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openTarget);
  const failed = checks.filter(({ statuses }) => statuses.includes("failed"));
  if (failed.length > 0 && failed.length <= 3) for (const { element } of failed) element.open = true;
  apply();
  openTarget();
})();
`;
