import type Gtk from 'gi://Gtk?version=4.0';

/**
 * Shows a switch on or off. One that is so already is left alone: GTK moves a switch that was pressed for a moment before it counts, and
 * setting it meanwhile, even to what it is, would take the press back.
 */
export function showSwitch(toggle: Gtk.Switch, isOn: boolean): void {
  if (toggle.get_active() !== isOn) toggle.set_active(isOn);
  toggle.set_state(isOn);
}
