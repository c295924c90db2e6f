#!/usr/bin/env python3
"""Builds RA Desk's installer from main.wxs and managed.wxs with wixl (msitools 0.101).

wixl reads WiX 3 but leaves out some of it, often with no more than a warning. What it cannot do is taken out of the
source, put back into the finished package's tables with msibuild, and then looked for in them: a package that does not
hold what the source says is an error, never a warning.

    build_msi.py --version 0.1.0 --program ra-desk.exe --loader WebView2Loader.dll --icon icon.ico --out RADesk.msi
"""

import argparse
import os
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMESPACE = "http://schemas.microsoft.com/wix/2006/wi"
TRANSITIVE = 64  # msidbComponentAttributesTransitive
NOT_ABSENT = 16  # msidbFeatureAttributesUIDisallowAbsent
NOT_ADVERTISED = 8  # msidbFeatureAttributesDisallowAdvertise
SET_PROPERTY = 51
FIRST_SEQUENCE = 256  # msidbCustomActionTypeFirstSequence
MIGRATE = 1  # msidbUpgradeAttributesMigrateFeatures
SAME_VERSION = 512  # msidbUpgradeAttributesVersionMaxInclusive
ROOTS = {"HKLM": 2}
REMOVE_REGISTRY = (
    "CREATE TABLE `RemoveRegistry` (`RemoveRegistry` CHAR(72) NOT NULL, `Root` INT NOT NULL, `Key` CHAR(255) NOT NULL "
    "LOCALIZABLE, `Name` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `RemoveRegistry`)"
)
# In the installing transaction, so that a failed upgrade brings the old version back.
AFTER_INSTALL_INITIALIZE = 1501


def tag(name):
    return f"{{{NAMESPACE}}}{name}"


def literal(text):
    """A string in msibuild's SQL, which has no way to escape a quote."""
    if "'" in text:
        sys.exit(f"cannot be written into the package's tables: {text}")
    return f"'{text}'"


def file_version(path):
    """The version in a program's VS_FIXEDFILEINFO, or None where it has none."""
    data = Path(path).read_bytes()
    at = data.find(struct.pack("<I", 0xFEEF04BD)) if data[:2] == b"MZ" else -1
    if at < 0:
        return None
    high, low = struct.unpack_from("<II", data, at + 8)
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def read(path):
    # Wixl resolves a file against its own source, which is a copy in another folder; WiX knows the variable itself.
    text = path.read_text(encoding="utf-8").replace("$(sys.SOURCEFILEDIR)", f"{path.parent}{os.sep}")
    return ET.fromstring(text)


def fold(product, fragment):
    """Puts a fragment into the product. Wixl's own fragments know neither properties nor actions nor sequences."""
    groups = {group.get("Id"): list(group) for group in fragment.findall(tag("ComponentGroup"))}
    first_feature = next(i for i, element in enumerate(product) if element.tag == tag("Feature"))
    for element in reversed([e for e in fragment if e.tag != tag("ComponentGroup")]):
        product.insert(first_feature, element)
    for feature in product.findall(tag("Feature")):
        for reference in feature.findall(tag("ComponentGroupRef")):
            feature.remove(reference)
            feature.extend(groups[reference.get("Id")])


class Tables:
    """What wixl leaves out: the statements that put it back, and the cells that must then be found."""

    def __init__(self):
        self.statements, self.cells, self.secure = [], [], []

    def set(self, table, key, row, column, value):
        shown = str(value) if isinstance(value, int) else literal(value)
        self.statements.append(f"UPDATE `{table}` SET `{column}` = {shown} WHERE `{key}` = {literal(row)}")
        self.cells.append((table, key, row, column, str(value)))

    def replace(self, table, key, row, cells):
        """For a row whose column is part of its key, which cannot be updated."""
        shown = [str(value) if isinstance(value, int) else literal(value) for value in cells.values()]
        columns = ", ".join(f"`{column}`" for column in cells)
        self.statements.append(f"DELETE FROM `{table}` WHERE `{key}` = {literal(row)}")
        self.statements.append(f"INSERT INTO `{table}` ({columns}) VALUES ({', '.join(shown)})")
        self.cells += [(table, key, row, column, str(value)) for column, value in cells.items()]


def take_out(product, variables):
    """Takes out of the source what wixl does not know. Gives what must be put into the tables."""
    tables = Tables()
    upgrade = product.find(tag("MajorUpgrade"))
    for attribute in ("Schedule", "AllowSameVersionUpgrades"):
        upgrade.attrib.pop(attribute)
    tables.set("InstallExecuteSequence", "Action", "RemoveExistingProducts", "Sequence", AFTER_INSTALL_INITIALIZE)
    code = f"{{{product.get('UpgradeCode')}}}"
    older = {"UpgradeCode": code, "VersionMax": variables["Version"], "Attributes": SAME_VERSION | MIGRATE,
             "ActionProperty": "WIX_UPGRADE_DETECTED"}
    tables.replace("Upgrade", "ActionProperty", "WIX_UPGRADE_DETECTED", older)
    for action in product.findall(tag("CustomAction")):
        first = FIRST_SEQUENCE if action.attrib.pop("Execute", "") == "firstSequence" else 0
        tables.set("CustomAction", "Action", action.get("Id"), "Type", SET_PROPERTY | first)
    for feature in product.findall(tag("Feature")):
        attributes = NOT_ADVERTISED if feature.attrib.pop("AllowAdvertise", "") == "no" else 0
        attributes |= NOT_ABSENT if feature.attrib.pop("Absent", "") == "disallow" else 0
        tables.set("Feature", "Feature", feature.get("Id"), "Attributes", attributes)
    for component in product.iter(tag("Component")):
        name = component.get("Id")
        component.attrib.pop("KeyPath", None)  # its directory, which is also what wixl takes when nothing else is named
        for condition in component.findall(tag("Condition")):
            component.remove(condition)
            tables.set("Component", "Component", name, "Condition", condition.text.strip())
        if component.attrib.pop("Transitive", "") == "yes":
            # 256 is what wixl writes for a 64-bit component, 4 for one whose key path is in the registry.
            registry = 4 if component.find(tag("RegistryValue")) is not None else 0
            tables.set("Component", "Component", name, "Attributes", 256 | registry | TRANSITIVE)
        for file in component.findall(tag("File")):
            source = re.sub(r"\$\(var\.(\w+)\)", lambda found: variables[found[1]], file.get("Source"))
            version = file_version(source)
            # A file with a version on the disk beats one without in a package: an upgrade would leave the old program.
            if version:
                tables.set("File", "File", file.get("Id"), "Version", version)
                tables.set("File", "File", file.get("Id"), "Language", "1033")
                tables.statements.append(f"DELETE FROM `MsiFileHash` WHERE `File_` = {literal(file.get('Id'))}")
            elif source.lower().endswith((".exe", ".dll")):
                sys.exit(f"{source} says no version of itself")
        for removed in component.findall(tag("RemoveRegistryValue")):
            component.remove(removed)
            cells = {"RemoveRegistry": removed.get("Id"), "Root": ROOTS[removed.get("Root")],
                     "Key": removed.get("Key"), "Name": removed.get("Name"), "Component_": name}
            tables.statements.append(REMOVE_REGISTRY)
            tables.replace("RemoveRegistry", "RemoveRegistry", removed.get("Id"), cells)
        for value in component.findall(tag("RegistryValue")):
            if value.get("Type") == "expandable":  # wixl writes it without the mark that makes it so
                value.set("Type", "string")
                tables.set("Registry", "Registry", value.get("Id"), "Value", f"#%{value.get('Value')}")
    tables.secure = [p.get("Id") for p in product.iter(tag("Property")) if p.attrib.pop("Secure", "") == "yes"]
    return tables


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if re.search("warning|critical|error", line, re.I)]
    if done.returncode or complaints:
        sys.exit(f"{words[0]} ended with {done.returncode}\n" + "\n".join(complaints or [done.stderr]))
    return done.stdout


def table(package, name):
    """A table of a package: a list of rows, each a dictionary by column."""
    lines = run("msiinfo", "export", package, name).replace("\r", "").splitlines()
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"))) for line in lines[3:]]


def build(options):
    variables = {"Version": options.version, "Program": options.program, "Loader": options.loader, "Icon": options.icon}
    root = read(HERE / "main.wxs")
    product = root.find(tag("Product"))
    for fragment in read(HERE / "managed.wxs").findall(tag("Fragment")):
        fold(product, fragment)
    tables = take_out(product, variables)
    with tempfile.TemporaryDirectory() as folder:
        # wixl joins a source's folder and a file's name even where that is absolute: it is told the way from the root.
        source = Path(folder) / "radesk.wxs"
        up = os.sep.join([".."] * len(source.resolve().parent.parts[1:]))
        for element in product.iter():
            for attribute in ("Source", "SourceFile"):
                if attribute in element.attrib:
                    value = re.sub(r"\$\(var\.(\w+)\)", lambda found: variables[found[1]], element.get(attribute))
                    element.set(attribute, up + str(Path(value).resolve()))
        ET.register_namespace("", NAMESPACE)
        ET.ElementTree(root).write(source, encoding="utf-8", xml_declaration=True)
        run("wixl", "-a", "x64", "-D", f"Version={options.version}", "-o", options.out, str(source))
    wixls = next(row["Value"] for row in table(options.out, "Property") if row["Property"] == "SecureCustomProperties")
    secure = ";".join(sorted({*wixls.split(";"), *tables.secure}))
    tables.set("Property", "Property", "SecureCustomProperties", "Value", secure)
    for statement in tables.statements:
        run("msibuild", options.out, "-q", statement)
    return tables.cells


def check(package, cells):
    """Looks for every cell that was put back, and for what a package of this kind must have."""
    wrong = []
    for name, key, row, column, expected in cells:
        found = [r[column] for r in table(package, name) if r[key] == row]
        if found != [expected]:
            wrong.append(f"{name}.{row}.{column} is {found}, not {expected}")
    properties = {row["Property"]: row["Value"] for row in table(package, "Property")}
    if properties.get("ALLUSERS") != "1":
        wrong.append("it is not per machine")
    order = {row["Action"]: int(row["Sequence"]) for row in table(package, "InstallExecuteSequence")}
    if len(set(order.values())) != len(order):
        wrong.append("two actions have the same place in the sequence")
    for action, place in order.items():
        before = action.startswith("Save")
        if (before and not place < order["AppSearch"]) or (action.startswith(("Restore", "ReadKiosk"))
                and not order["AppSearch"] < place < order["LaunchConditions"]):
            wrong.append(f"{action} stands at {place}")
    for row in table(package, "Registry"):
        if "Policies" in row["Key"]:
            wrong.append(f"{row['Key']} belongs to Group Policy")
    if wrong:
        sys.exit(f"{package} is not what its source says:\n" + "\n".join(wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("version", "program", "loader", "icon", "out"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    if not re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.(\d{1,5})", options.version):
        sys.exit("an installer's version is three numbers, as 1.2.3")
    cells = build(options)
    check(options.out, cells)


if __name__ == "__main__":
    main()
