// The scrubber: everything of one moment is shown, all else is hidden.
window.dfShow = (slider) => {
  const viewer = slider.closest(".df-file");
  const now = Number(slider.value);
  viewer.querySelectorAll("[data-i]").forEach((part) => {
    part.hidden = Number(part.dataset.i) !== now;
  });
  viewer.querySelectorAll(".df-cursor").forEach((line) => {
    line.style.left = JSON.parse(line.dataset.at)[now] + "%";
  });
};
window.dfHeat = (box) => {
  box.closest(".df-file").classList.toggle("df-hot", box.checked);
};
