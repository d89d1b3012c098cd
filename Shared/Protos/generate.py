"""Writes Swift values and method stubs over protobuf-c's generated C: a folder for each .proto file, a file for each message, enum and service.

usage: generate.py DESCRIPTOR_SET OUTPUT_FOLDER DESCRIPTOR_SET_FOR_C

A message becomes a struct in the namespace `Proto` with a memberwise initialiser, and two conversions: from the C
struct that protobuf-c unpacked, and into a C struct whose memory comes from an arena. A service becomes an enum with
its methods as typed values.

An enum's zero, `..._UNSPECIFIED`, is no case of the Swift enum: a message whose enum field is not given, or has a number
without a case, cannot be read. A field that is `optional` may be absent, and is nil then.
"""
import pathlib
import sys

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

SCALARS = {
    Field.TYPE_INT64: ("Int64", "0"), Field.TYPE_UINT64: ("UInt64", "0"),
    Field.TYPE_UINT32: ("UInt32", "0"), Field.TYPE_BOOL: ("Bool", "false"),
    Field.TYPE_STRING: ("String", '""'), Field.TYPE_BYTES: ("[UInt8]", "[]"),
}

# Enum fields of which a number without a case must not make the whole message unreadable: they are read as `OpenEnum`.
OPEN = {("OutcomeReport", "outcome"), ("WorkerControl", "action")}

# Messages that whoever has read them sends back whole: they say whether that would lose something.
WRITTEN_BACK = {"Reminder", "Schedule", "Notification"}

# String fields that hold a credential: nothing that prints the message shows them.
CREDENTIALS = {"authorization"}


def camel(name):
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def snake(name):
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def c_type(package, path):
    return "__".join("".join(p.capitalize() for p in part.split("_")) if part.islower() or "_" in part else part
                     for part in package.split(".") + path)


def c_prefix(package, path):
    return "__".join([p for p in package.split(".")] + [snake(p) for p in path])


def base_name(field):
    return field.type_name.split(".")[-1]


def write_comments(lines, indent, out):
    for line in lines:
        out(f"{indent}/// {line}")


def write_enum(e, path, comments, indent, out):
    prefix = snake(e.name).upper() + "_"
    zero, *values = e.value
    assert zero.number == 0 and zero.name == prefix + "UNSPECIFIED", f"{e.name} must begin with {prefix}UNSPECIFIED = 0"
    write_comments(comments.get(path, []), indent, out)
    out(f"{indent}public enum {e.name}: UInt32, WireEnum {{")
    for v in values:
        assert v.name.startswith(prefix), f"{v.name} must begin with {prefix}"
        write_comments(comments.get((*path, v.name), []), indent + "    ", out)
        out(f"{indent}    case {camel(v.name.removeprefix(prefix).lower())} = {v.number}")
    out(f"{indent}}}")


class Message:
    def __init__(self, package, message, comments):
        self.package, self.message, self.comments = package, message, comments
        self.c = c_type(package, [message.name])
        self.prefix = c_prefix(package, [message.name])
        for f in message.field:
            assert not f.proto3_optional or f.type in (Field.TYPE_ENUM, Field.TYPE_INT64), f"{f.name} cannot be optional yet"
            assert f.type != Field.TYPE_ENUM or f.label != Field.LABEL_REPEATED, f"{f.name} cannot be repeated yet"

    def is_open(self, field):
        return (self.message.name, field.name) in OPEN

    def swift_type(self, field):
        """Its Swift type and default; the default is None for what must be given."""
        if field.type in SCALARS:
            base, default = ("Secret", '""') if field.name in CREDENTIALS else SCALARS[field.type]
        else:
            base, default = base_name(field), None
        if field.label == Field.LABEL_REPEATED:
            return f"[{base}]", "[]"
        if field.type == Field.TYPE_MESSAGE or field.proto3_optional:
            return base + "?", "nil"
        return (f"OpenEnum<{base}>" if self.is_open(field) else base), default

    def parameter(self, field):
        t, default = self.swift_type(field)
        return f"{camel(field.name)}: {t}" + (f" = {default}" if default else "")

    @property
    def imports(self):
        hides = any(f.name in CREDENTIALS for f in self.message.field)
        return ["public import CProtobufC", "public import CProtos", *(["public import TaskDomain"] if hides else []), ""]

    def write(self, out):
        m = self.message
        out("extension Proto {")
        write_comments(self.comments.get((m.name,), []), "    ", out)
        out(f"    public struct {m.name}: WireMessage, Hashable {{")
        for e in m.enum_type:
            write_enum(e, (m.name, e.name), self.comments, "        ", out)
            out("")
        for f in m.field:
            write_comments(self.comments.get((m.name, f.name), []), "        ", out)
            out(f"        public var {self.parameter(f)}")
        if m.name in WRITTEN_BACK:
            out("        /// The fields that it came with and this build does not know; they are not in what is packed.")
            out("        public private(set) var unknownFields = UnknownFields()")
        out("")
        out(f"        public init({', '.join(self.parameter(f) for f in m.field)}) {{" + ("" if m.field else "}"))
        if m.field:
            for f in m.field:
                out(f"            self.{camel(f.name)} = {camel(f.name)}")
            out("        }")
        out("")
        out(f"        public init(reading c: UnsafePointer<{self.c}>) throws(MessageError) {{")
        for f in m.field:
            out("            " + self.read(f))
        if m.name in WRITTEN_BACK:
            out("            unknownFields = UnknownFields(areAny: c.pointee.base.n_unknown_fields > 0)")
        out("        }")
        out("")
        out(f"        public func fill(_ c: UnsafeMutablePointer<{self.c}>, from arena: Arena) throws(MessageError) {{")
        out(f"            {self.prefix}__init(c)")
        for f in m.field:
            out("            " + self.fill(f))
        out("        }")
        out("")
        out(f"        public static func packedSize(_ c: UnsafePointer<{self.c}>) -> Int {{ {self.prefix}__get_packed_size(c) }}")
        out(f"        public static func pack(_ c: UnsafePointer<{self.c}>, to bytes: UnsafeMutablePointer<UInt8>) {{ _ = {self.prefix}__pack(c, bytes) }}")
        out(f"        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<{self.c}>? {{")
        out(f"            {self.prefix}__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)")
        out("        }")
        out("    }")
        out("}")
        out("")

    def presence(self, f):
        """The C member that says whether an optional field is there, and what it is then."""
        return f"c.pointee._{f.name}_case", f"{self.prefix}___{f.name}_{f.name}".upper()

    def read(self, f):
        name, source = camel(f.name), f"c.pointee.{f.name}"
        if f.label == Field.LABEL_REPEATED:
            if f.type == Field.TYPE_MESSAGE:
                read = f"(c) throws(MessageError) in try {base_name(f)}(reading: c)"
                return f"{name} = try Arena.messages({source}, c.pointee.n_{f.name}) {{ {read} }}"
            if f.type == Field.TYPE_STRING:
                return f"{name} = Arena.strings({source}, c.pointee.n_{f.name})"
            return f"{name} = Array(UnsafeBufferPointer(start: {source}, count: c.pointee.n_{f.name}))"
        if f.type == Field.TYPE_MESSAGE:
            return f"if let value = {source} {{ {name} = try {base_name(f)}(reading: value) }}"
        if f.type == Field.TYPE_STRING:
            text = f"Arena.string({source})"
            return f"{name} = Secret({text})" if f.name in CREDENTIALS else f"{name} = {text}"
        if f.type == Field.TYPE_BYTES:
            return f"{name} = Arena.bytes({source})"
        if f.type == Field.TYPE_BOOL:
            return f"{name} = {source} != 0"
        if f.type == Field.TYPE_ENUM:
            if self.is_open(f):
                return f"{name} = OpenEnum(number: {source}.rawValue)"
            value = f'{name} = try {base_name(f)}(number: {source}.rawValue, in: "{self.message.name}.{f.name}")'
            if not f.proto3_optional:
                return value
            member, case = self.presence(f)
            return f"if {member} == {case}, {source}.rawValue != 0 {{ {value} }}"
        if f.proto3_optional:
            member, case = self.presence(f)
            return f"if {member} == {case} {{ {name} = {source} }}"
        return f"{name} = {source}"

    def fill(self, f):
        name, target = camel(f.name), f"c.pointee.{f.name}"
        if f.label == Field.LABEL_REPEATED:
            if f.type == Field.TYPE_MESSAGE:
                return f"({target}, c.pointee.n_{f.name}) = try arena.put(messages: {name})"
            if f.type == Field.TYPE_STRING:
                return f"({target}, c.pointee.n_{f.name}) = try arena.put(strings: {name})"
            return f"({target}, c.pointee.n_{f.name}) = try arena.put(values: {name})"
        if f.type == Field.TYPE_MESSAGE:
            return f"if let {name} {{ {target} = try arena.put({name}) }}"
        if f.type == Field.TYPE_STRING:
            value = f"{name}.value" if f.name in CREDENTIALS else name
            return f"if !{name}.isEmpty {{ {target} = try arena.put({value}) }}"
        if f.type == Field.TYPE_BYTES:
            return f"if !{name}.isEmpty {{ {target} = try arena.put({name}) }}"
        if f.type == Field.TYPE_BOOL:
            return f"{target} = {name} ? 1 : 0"
        value = name
        if f.type == Field.TYPE_ENUM:
            value = f".init(rawValue: {name}.{'number' if self.is_open(f) else 'rawValue'})"
        if f.proto3_optional:
            member, case = self.presence(f)
            return f"if let {name} {{ ({member}, {target}) = ({case}, {value}) }}"
        return f"{target} = {value}"


def write_service(package, service, comments, out):
    descriptor = c_prefix(package, [service.name]) + "__descriptor"
    write_comments(comments.get((service.name,), []), "", out)
    out(f"public enum {service.name}Service {{")
    out(f"    /// protobuf-c's descriptor: servers build their dispatch table from it.")
    out(f"    public static var descriptor: ServiceDescriptor {{ ServiceDescriptor({descriptor}) }}")
    for index, m in enumerate(service.method):
        q, r = (t.split(".")[-1] for t in (m.input_type, m.output_type))
        kind = "StreamMethod" if m.server_streaming else "UnaryMethod"
        out(f"    public static var {camel(snake(m.name))}: {kind}<Proto.{q}, Proto.{r}> {{ .init(index: {index}, path: \"{package}.{service.name}/{m.name}\") }}")
    out("}")


def names_at(file, path):
    """The names that a path stands for (descriptor.proto, SourceCodeInfo.Location.path); None where no comment is wanted."""
    match path:
        case [4, m]:
            return (file.message_type[m].name,)
        case [4, m, 2, f]:
            return (file.message_type[m].name, file.message_type[m].field[f].name)
        case [4, m, 4, e, 2, v]:
            enum = file.message_type[m].enum_type[e]
            return (file.message_type[m].name, enum.name, enum.value[v].name)
        case [5, e]:
            return (file.enum_type[e].name,)
        case [5, e, 2, v]:
            return (file.enum_type[e].name, file.enum_type[e].value[v].name)
        case [6, s]:
            return (file.service[s].name,)


def comments_of(file):
    found = {}
    for location in file.source_code_info.location:
        text = (location.leading_comments or location.trailing_comments).strip()
        names = names_at(file, list(location.path)) if text else None
        if names:
            found[names] = [line.strip() for line in text.split("\n")]
    return found


def for_c(descriptors):
    """The same messages for protoc-c, which does not know proto3's `optional`: it stands for a oneof of that field alone."""
    for file in descriptors.file:
        for m in file.message_type:
            for f in m.field:
                f.ClearField("proto3_optional")
    return descriptors.SerializeToString()


def write_file(folder, name, proto, imports, write):
    lines = [f"// Generated from Shared/Protos/{proto} by Shared/Protos/generate. Do not edit.", "", *imports]
    write(lines.append)
    (folder / f"{name}.generated.swift").write_text("\n".join(lines).rstrip("\n") + "\n")


def write_top_enum(e, comments, out):
    out("extension Proto {")
    write_enum(e, (e.name,), comments, "    ", out)
    out("}")


def main():
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(sys.argv[1]).read_bytes())
    for file in descriptors.file:
        # The envelope is used as the C structs that it is.
        if file.package.endswith(".wire"):
            continue
        folder = pathlib.Path(sys.argv[2], file.name.removesuffix(".proto").capitalize())
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.generated.swift"):
            old.unlink()
        comments = comments_of(file)
        for e in file.enum_type:
            write_file(folder, e.name, file.name, [], lambda out: write_top_enum(e, comments, out))
        for m in file.message_type:
            message = Message(file.package, m, comments)
            write_file(folder, m.name, file.name, message.imports, message.write)
        for s in file.service:
            write_file(folder, f"{s.name}Service", file.name, ["import CProtos", ""], lambda out: write_service(file.package, s, comments, out))
    pathlib.Path(sys.argv[3]).write_bytes(for_c(descriptors))


main()
